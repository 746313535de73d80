// Files as other programs write them: rows, classes, names and centers are right, or the message says what to do.
import { beforeAll, expect, it } from 'vitest';
import { companions, oddFiles } from '../support/odd-files.js';
import { run, saved, write } from './support.js';

beforeAll(() => {
  for (const [name, text] of Object.entries(companions)) write(name, text);
});

it.each(oddFiles)('$name', async ({ name, bytes, args, expect: { status, stderr, names, centers, ...counts } }) => {
  write(name, bytes());
  const ran = await run(args);
  expect(ran.stderr).toMatch(stderr ?? /^$/);
  expect(ran.code).toBe(status);
  if (status !== 0) return;
  expect(JSON.parse(ran.stdout)).toMatchObject(counts);
  const { params, names: found } = saved('model.safetensors');
  expect(found ?? null).toEqual(names);
  expect(Array.from(params)).toEqual(centers?.flat());
});
