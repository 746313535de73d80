// Columns as other programs write them.
import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { csvOf, sample, saved, writeSample } from './rows.js';
import { at, json, run } from './run.js';

const rows = sample(300, 3, 4, 1);
const table = csvOf(rows);
const body = table.slice(table.indexOf('\n'));
const O = ['-o', 'out.safetensors'];
const centers = (name = 'out') => saved(`${name}.safetensors`).params;

beforeAll(async () => {
  writeSample('rows', rows);
  await json(['fit', 'rows.npy', '--labels', 'rows-labels.npy', '-o', 'expected.safetensors']);
});

describe('columns that are called 0, 1, 2 …, as pandas calls them', () => {
  it.each([
    ['0,1,2,3,label', []],
    ['0,1,2,3,label', ['--label-column', '4']],
    ['0,1,2,3,kind', ['--label-column', 'kind']],
  ])('are no row: %s %j', async (head, args) => {
    writeFileSync(at('pandas.csv'), `${head}${body}`);
    expect(await json(['fit', 'pandas.csv', ...args, ...O])).toMatchObject({ rows: 300, classes: 3, dimensions: 4 });
    expect(centers()).toEqual(centers('expected'));
  });

  it('are not seen where a row of numbers has the name of a class', async () => {
    writeFileSync(at('words.csv'), '0,1,cat\n2,3,dog\n');
    expect(await json(['fit', 'words.csv', '--label-column', '2', ...O])).toMatchObject({ rows: 2, classes: 2 });
  });
});

it('a column of row numbers is no feature', async () => {
  const numbered = table.trimEnd().split('\n');
  writeFileSync(at('index.csv'), numbered.map((line, i) => `${i === 0 ? '' : i - 1},${line}\n`).join(''));
  const { code, stderr } = await run(['fit', 'index.csv', ...O]);
  expect([code, stderr]).toEqual([
    1,
    'center-loss: index.csv: the first column has no name, like the row numbers that pandas writes: leave them out (index=False)\n',
  ]);
});

describe('--label-column is of the file of labels', () => {
  const labels = Array.from(rows.target, (label) => `${label}\n`).join('');
  const plain = csvOf(rows).replaceAll(/,[^,\n]*\n/g, '\n');

  it.each([
    ['kind', 'kind', plain],
    ['0', 'kind', plain],
    ['0', 'kind', plain.slice(plain.indexOf('\n') + 1)],
    ['label', 'label', table],
  ])('%s of %s', async (column, name, text) => {
    writeFileSync(at('plain.csv'), text);
    writeFileSync(at('kinds.csv'), `${name}\n${labels}`);
    const args = ['fit', 'plain.csv', '--labels', 'kinds.csv', '--label-column', column];
    expect(await json([...args, ...O])).toMatchObject({ rows: 300, classes: 3, dimensions: 4 });
    expect(centers()).toEqual(centers('expected'));
  });
});

it('says what is wrong with bytes that are no text without writing them to the terminal', async () => {
  writeFileSync(
    at('bytes.csv'),
    Buffer.concat([Buffer.from('a,b\n1,'), Buffer.alloc(999, '\x1b[2J\x07'), Buffer.from('"')]),
  );
  const { code, stderr } = await run(['predict', 'bytes.csv', '-m', 'expected.safetensors']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^center-loss: bytes\.csv: [\x20-\x7e…]{1,201}\n$/);
});
