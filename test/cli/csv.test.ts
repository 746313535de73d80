// Columns as other programs write them.
import { beforeAll, describe, expect, it } from 'vitest';
import { random } from '../support/mutate.js';
import { csvOf, failure, json, read, run, sample, saved, write, writeModel } from './support.js';

const rows = sample(300, 3, 4, 1);
const table = csvOf(rows);
const FITTED = { rows: 300, classes: 3, dimensions: 4 };
const centersOf = (name: string) => saved(`${name}.safetensors`).params;

beforeAll(() => writeModel('rows', rows));

it.each(['label\n0\n1\n', '0\n1\n', 'id,label\n7,0\n8,1\n'])(
  '--no-header is of the rows, not of the labels %j',
  async (text) => {
    write('two.csv', '0,1\n2,3\n');
    write('two-labels.csv', text);
    const fit = await json('fit two.csv --no-header --labels two-labels.csv -o out.safetensors');
    expect(fit).toMatchObject({ rows: 2, classes: 2 });
    expect(Array.from(centersOf('out'))).toEqual([0, 1, 2, 3]);
  },
);

describe('columns by their options', () => {
  const withIds = table
    .trimEnd()
    .split('\n')
    .map((line, i) => `${i ? `"r,${i}"` : 'file'},${line}\n`)
    .join('');

  beforeAll(() => write('ids.csv', withIds));

  it('an id is carried into the results', async () => {
    const plain = (await run('predict rows.csv -m model.safetensors')).stdout.trimEnd().split('\n');
    const ids = (await run('predict ids.csv --id-column file -m model.safetensors')).stdout.trimEnd().split('\n');
    expect(ids).toEqual(plain.map((line, i) => (i ? `"r,${i}",${line}` : `file,${line}`)));
    const { stdout } = await run('score ids.csv --id-column file -m model.safetensors --json');
    expect(JSON.parse(stdout.slice(0, stdout.indexOf('\n')))).toMatchObject({ file: 'r,1', label: 0, nearest: 0 });
    await json('convert ids.csv kept.csv --id-column file');
    expect(read('kept.csv').toString()).toMatch(/^file,x0,x1,x2,x3,label\n"r,1",/);
  });

  it.each([
    ['predict ids.csv --id-column file -m model.safetensors -o x.npy', 2, 'an array has no place for the ids'],
    ['convert ids.csv x.npy --id-column file', 2, '.npy has no place for the ids of --id-column'],
    [
      'predict rows.npy --features 0,1 -m model.safetensors',
      2,
      '--features is for columns of a CSV: rows.npy has none',
    ],
    ['predict rows.npy --id-column 0 -m model.safetensors', 2, '--id-column is for columns of a CSV'],
    ['fit rows.csv --features f0..f9 -o x', 1, 'there is no column "f9" among its columns'],
    ['fit rows.csv --features f3..f0 -o x', 1, '--features names no column'],
    ['fit rows.csv --features f0,label --label-column label -o x', 1, 'is among --features, and named by another'],
  ])('what cannot be is refused: %s', async (args, code, message) => {
    expect(await failure(args)).toEqual([code, expect.stringContaining(message)]);
  });

  it('a column of labels is a feature only with --no-labels, and a line says so', async () => {
    write('fourth.csv', table.replace('f3,label', 'label,kind').replaceAll(/,[^,\n]*\n/g, '\n'));
    const { code, stderr } = await run('predict fourth.csv -m model.safetensors');
    expect([code, stderr]).toEqual([1, expect.stringContaining('note: fourth.csv: the column "label" is taken for')]);
    const { stdout } = await run('predict fourth.csv --no-labels -m model.safetensors');
    expect(stdout).toBe((await run('predict rows.csv -m model.safetensors')).stdout);
  });
});

describe('--label-column is of the file of labels', () => {
  const labels = Array.from(rows.target, (label) => `${label}\n`).join('');
  const plain = table.replaceAll(/,[^,\n]*\n/g, '\n');

  it.each([
    ['kind', 'kind', plain],
    ['0', 'kind', plain],
    ['0', 'kind', plain.slice(plain.indexOf('\n') + 1)],
    ['label', 'label', table],
  ])('%s of %s', async (column, name, text) => {
    write('plain.csv', text);
    write('kinds.csv', `${name}\n${labels}`);
    const fit = `fit plain.csv --labels kinds.csv --label-column ${column} -o out.safetensors`;
    expect(await json(fit)).toMatchObject(FITTED);
    expect(centersOf('out')).toEqual(centersOf('model'));
  });
});

it.each(['\n', '\r\n'])(
  'quotes, white space and empty lines, anywhere, change nothing: lines end by %j',
  async (end) => {
    const next = random(5);
    const odd = (text: string) => [text, `"${text}"`, ` ${text} `, `\t${text}`][next(4)];
    const lines = table.trimEnd().split('\n');
    const oddLines = lines.map((line) => line.split(',').map(odd).join(',') + end.repeat(1 + next(2)));
    write('odd.csv', `\ufeff${oddLines.join('')}`);
    expect(await json('fit odd.csv -o out.safetensors')).toMatchObject(FITTED);
    expect(centersOf('out')).toEqual(centersOf('model'));
  },
);

it('says what is wrong with bytes that are no text without writing them to the terminal', async () => {
  write('bytes.csv', Buffer.concat([Buffer.from('a,b\n1,'), Buffer.alloc(999, '\x1b[2J\x07'), Buffer.from('"')]));
  const [code, message] = await failure('predict bytes.csv -m model.safetensors');
  expect(code).toBe(1);
  expect(message).toMatch(/^bytes\.csv: [\x20-\x7e…]{1,201}$/);
});
