// Output over files that exist.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { sample, writeSample } from './rows.js';
import { at, folder, json, run } from './run.js';

const FIT = ['fit', 'rows.npy', '--labels', 'rows-labels.npy'];

beforeAll(async () => {
  writeSample('rows', sample(300, 3, 4, 1));
  await json([...FIT, '-o', 'model.safetensors']);
});

it('writes through a link', async () => {
  writeFileSync(at('old.csv'), 'old');
  symlinkSync(at('old.csv'), at('link.csv'));
  await json(['predict', 'rows.npy', '-m', 'model.safetensors', '-o', 'link.csv']);
  expect(lstatSync(at('link.csv')).isSymbolicLink()).toBe(true);
  expect(readFileSync(at('old.csv'), 'utf8')).toMatch(/^label\n0\n/);
});

it.skipIf(process.platform === 'win32')('leaves the rights of a file as they were', async () => {
  writeFileSync(at('secret.safetensors'), '');
  chmodSync(at('secret.safetensors'), 0o600);
  await json([...FIT, '-o', 'secret.safetensors']);
  expect(statSync(at('secret.safetensors')).mode & 0o777).toBe(0o600);
});

it('may be the file that is read', async () => {
  writeSample('self', sample(300, 3, 4, 1));
  await json(['convert', 'self.npy', 'self.npy']);
  expect(readFileSync(at('self.npy')).equals(readFileSync(at('rows.npy')))).toBe(true);
});

describe('is refused before there is any work', () => {
  it.each([
    [...FIT, '-o', 'folder'],
    ['predict', 'rows.npy', '-m', 'model.safetensors', '-o', 'folder'],
    ['convert', 'rows.npy', 'folder', '--to', 'csv'],
  ])('if it is a folder: %s', async (...args) => {
    mkdirSync(at('folder'), { recursive: true });
    expect(await run([...args, '--progress'])).toMatchObject({
      code: 1,
      stderr: 'center-loss: folder: is a directory, not a file\n',
    });
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('if it is the checkpoint, which is removed at the end', async () => {
    const { code, stderr } = await run([...FIT, '--checkpoint', './one.safetensors', '-o', 'one.safetensors']);
    expect([code, stderr]).toEqual([
      2,
      'center-loss: --checkpoint and --output are the same file: the checkpoint is removed at the end\n',
    ]);
    expect(existsSync(at('one.safetensors'))).toBe(false);
  });
});
