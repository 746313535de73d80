// Text of files and arguments, which a terminal would obey: on a terminal and in messages it is escaped, elsewhere kept.
import { toSafetensors, writeNpy } from 'center-loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { json, read, run, sample, saved, shell, write, writeSample } from './support.js';

/** Deletes the screen in two ways, reverses text, hides in text, and is no character. */
const EVIL = '\x1b[2J\x9b2J\u202e\u200b\x7f';
const ESCAPED = '\\u001b[2J\\u009b2J\\u202e\\u200b\\u007f';
/** Characters that may move, hide or reorder others, beside the ends of lines. */
const ACTIVE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const rows = sample(60, 3, 2, 1);
const evilCsv = `${EVIL}a,b,label\n${Array.from(rows.target, (label, i) => `${rows.x[2 * i]},${rows.x[2 * i + 1]},${EVIL}${label}\n`).join('')}`;

beforeAll(async () => {
  writeSample('rows', rows);
  write('evil.csv', evilCsv);
  write(`${EVIL}.csv`, evilCsv);
  write(`${EVIL}.npy`, writeNpy(new Float32Array(3)));
  write('word.csv', `a,b\n1,${EVIL}\n`);
  write('names.txt', `${EVIL}\n${EVIL}\n`);
  write(
    'evil.safetensors',
    toSafetensors({ [EVIL]: { dtype: 'F32', shape: [2], data: new Float32Array(2) } }, { [EVIL]: EVIL }),
  );
  await json('fit evil.csv -o model.safetensors');
});

const lines = ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout}${stderr}`.split('\n');

it.each([
  'fit evil.csv -o x.safetensors --tpr 0.9',
  'fit evil.csv -o x.safetensors --json',
  `fit ${EVIL}.csv -o ${EVIL}.safetensors`,
  `fit ${EVIL}.csv -o ${EVIL}.safetensors --json`,
  'fit evil.csv -o x.safetensors --names names.txt',
  'fit evil.csv -o x.safetensors --label-column none',
  'fit rows.npy --labels evil.csv -o x.safetensors --classes 1',
  'inspect model.safetensors',
  'inspect model.safetensors --json',
  'inspect evil.safetensors',
  'inspect evil.safetensors --json',
  'inspect evil.csv',
  'evaluate evil.csv -m model.safetensors --confusion',
  `predict ${EVIL}.npy -m model.safetensors`,
  `predict rows.npy -m ${EVIL}`,
  `predict rows.npy -m model.safetensors --${EVIL}`,
  `predict rows.npy -m model.safetensors --score ${EVIL}`,
  `predict rows.npy -m model.safetensors --threshold ${EVIL}`,
  `predict rows.npy -m evil.safetensors --model-tensor ${EVIL}`,
  `convert rows.npy x.${EVIL}`,
  'convert word.csv x.npy',
  `${EVIL}`,
])('is escaped in reports, notes and messages: %j', async (args) => {
  const shown = lines(await run(args));
  expect(shown.filter((line) => ACTIVE.test(line))).toEqual([]);
  expect(shown.join('\n')).toMatch(/\\u001b|classes|none/);
});

it('is kept in files, pipes and models', async () => {
  expect(saved('model.safetensors').names?.[0]).toBe(`${EVIL}0`);
  const { stdout } = await run('predict rows.npy -m model.safetensors --to csv');
  expect(stdout.split('\n')[1]).toBe(`0,${EVIL}0`);
  expect(
    JSON.parse((await run('predict rows.npy -m model.safetensors --json')).stdout.split('\n')[0] as string),
  ).toEqual({
    label: 0,
    name: `${EVIL}0`,
  });
  expect((await json('inspect model.safetensors')).names).toEqual([0, 1, 2].map((label) => `${EVIL}${label}`));
});

it('is escaped on a page', async () => {
  await json('inspect model.safetensors --html page.html --data evil.csv');
  const page = read('page.html').toString();
  expect(page).toContain(ESCAPED);
  expect(page.split('\n').filter((line) => ACTIVE.test(line))).toEqual([]);
});

// The command `script` of util-linux gives a program a terminal.
describe.skipIf(process.platform !== 'linux')('a terminal', () => {
  const onTerminal = (args: string) => shell(`script -qec '"$NODE" "$CLI" ${args}' /dev/null < /dev/null`);

  it('gets the names of classes escaped', async () => {
    const { code, stdout } = await onTerminal('predict rows.npy -m model.safetensors --no-progress');
    expect([code, stdout.split('\r\n')[1]]).toEqual([0, `0,${ESCAPED}0`]);
  });

  it('gets no bytes of arrays', async () => {
    const { stdout } = await onTerminal('convert rows.npy - --to npy --no-progress');
    expect(stdout).toMatch(/^center-loss: binary data is not written to a terminal: name a file, or use a pipe\r\n$/);
  });
});
