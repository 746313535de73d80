// Columns as other programs write them.
import { beforeAll, describe, expect, it } from 'vitest';
import { random } from '../support/mutate.js';
import { csvOf, failure, json, sample, saved, write, writeModel } from './support.js';

const rows = sample(300, 3, 4, 1);
const table = csvOf(rows);
const body = table.slice(table.indexOf('\n'));
const FITTED = { rows: 300, classes: 3, dimensions: 4 };
const centersOf = (name: string) => saved(`${name}.safetensors`).params;

beforeAll(() => writeModel('rows', rows));

describe('columns that are called 0, 1, 2 …, as pandas calls them', () => {
  it.each([
    ['0,1,2,3,label', ''],
    ['0,1,2,3,label', '--label-column 4'],
    ['0,1,2,3,kind', '--label-column kind'],
  ])('are no row: %s %s', async (head, options) => {
    write('pandas.csv', `${head}${body}`);
    expect(await json(`fit pandas.csv ${options} -o out.safetensors`)).toMatchObject(FITTED);
    expect(centersOf('out')).toEqual(centersOf('model'));
  });

  it('are not assumed where a row of numbers has the name of a class', async () => {
    write('words.csv', '0,1,cat\n2,3,dog\n');
    expect(await json('fit words.csv --label-column 2 -o out')).toMatchObject({ rows: 2, classes: 2 });
  });
});

it('a column of row numbers is refused', async () => {
  const numbered = table.trimEnd().split('\n');
  write('index.csv', numbered.map((line, i) => `${i === 0 ? '' : i - 1},${line}\n`).join(''));
  const message =
    'index.csv: the first column has no name, like the row numbers that pandas writes: leave them out (index=False)';
  expect(await failure('fit index.csv -o out')).toEqual([1, message]);
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
