// Labels as other programs write them.
import { readFileSync, writeFileSync } from 'node:fs';
import { fromSafetensors, writeNpy } from 'center-loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { csvOf, sample, saved, writeSample } from './rows.js';
import { at, json, run } from './run.js';

const NAMES = ['cat', 'ant', 'bee'];
const rows = sample(300, 3, 4, 1, 20);
const O = ['-o', 'out.safetensors'];
const out = () => saved('out.safetensors');
/** Parts of a model that do not depend on the labels' form. */
const partsOf = ({ params, counts }: ReturnType<typeof saved>) => ({ params, counts });

beforeAll(async () => {
  writeSample('rows', rows);
  writeFileSync(at('rows.csv'), csvOf(rows));
  writeFileSync(at('names.txt'), NAMES.join('\n'));
  await json(['fit', 'rows.npy', '--labels', 'rows-labels.npy', '-o', 'plain.safetensors']);
});

describe('numbers in a CSV', () => {
  it('are classes of a model with names, as those of an array are', async () => {
    await json(['fit', 'rows.csv', '--names', 'names.txt', ...O]);
    expect(partsOf(out())).toEqual(partsOf(saved('plain.safetensors')));
    expect(out().names).toEqual(NAMES);
    const fromArray = await json(['evaluate', 'rows.npy', '--labels', 'rows-labels.npy', '-m', 'out.safetensors']);
    const fromText = await json(['evaluate', 'rows.csv', '-m', 'out.safetensors']);
    expect(fromText).toEqual({ ...fromArray, input: 'rows.csv', seconds: fromText.seconds });
    writeFileSync(at('other.csv'), csvOf({ ...rows, target: rows.target.map((label) => label + 1) }));
    expect((await run(['evaluate', 'other.csv', '-m', 'out.safetensors'])).stderr).toContain(
      'other.csv: row 2 has the label "3", but the 3 classes are called "cat, ant, bee"',
    );
  });

  it('are names where some names are numbers', async () => {
    writeFileSync(at('mixed.csv'), 'x,label\n1,10\n2,2\n3,a\n');
    await json(['fit', 'mixed.csv', ...O]);
    expect(out().names).toEqual(['10', '2', 'a']);
    writeFileSync(at('zero.csv'), 'x,label\n1,0\n2,2\n');
    expect(await json(['evaluate', 'zero.csv', '-m', 'out.safetensors'])).toMatchObject({ known: 1, unknown: 1 });
  });

  it('may have the point of a column of floats, and gaps', async () => {
    const floats = csvOf(rows)
      .replaceAll(/,(\d)\n/g, ',$1.0\n')
      .replaceAll(',-1\n', ',\n');
    writeFileSync(at('floats.csv'), floats);
    expect(await json(['fit', 'floats.csv', ...O])).toMatchObject({ classes: 3, unknown: 20 });
    expect(partsOf(out())).toEqual(partsOf(saved('plain.safetensors')));
  });
});

describe('a file of names', () => {
  it.each([
    ['begins with a byte order mark', `\ufeff${NAMES.join('\n')}\n`],
    ['has empty lines at its end', `${NAMES.join('\r\n')}\r\n\r\n`],
    ['has white space around names', `${NAMES.join(' \n')}\t\n`],
  ])('which %s has no other names for that', async (_, text) => {
    writeFileSync(at('odd.txt'), text);
    await json(['fit', 'rows.npy', '--labels', 'rows-labels.npy', '--names', 'odd.txt', ...O]);
    expect(out().names).toEqual(NAMES);
  });

  it.each([
    ['', 'none.txt: line 1 has no name'],
    ['a\n\nb\n', 'none.txt: line 2 has no name'],
  ])('has one in each line: %j', async (text, message) => {
    writeFileSync(at('none.txt'), text);
    const { code, stderr } = await run(['fit', 'rows.csv', '--names', 'none.txt', ...O]);
    expect([code, stderr]).toEqual([1, `center-loss: ${message}\n`]);
  });
});

describe('names that convert has put into a .safetensors file', () => {
  // Of two of the three classes, which are the first two there.
  const some = csvOf(rows, NAMES)
    .replaceAll(/.*,ant\n/g, '')
    .replaceAll(/,another\n/g, ',\n');

  beforeAll(async () => {
    await json(['fit', 'rows.csv', '--names', 'names.txt', '-o', 'named.safetensors']);
    writeFileSync(at('some.csv'), some);
    await json(['convert', 'some.csv', 'some.safetensors']);
  });

  it('are those of the model, whatever their order there', async () => {
    const { seconds, ...asText } = await json(['evaluate', 'some.csv', '-m', 'named.safetensors']);
    expect(asText).toMatchObject({ known: 200, unknown: 20, accuracy: 1 });
    const args = ['evaluate', 'some.safetensors', '-m', 'named.safetensors'];
    expect(await json(args)).toMatchObject({ ...asText, input: 'some.safetensors' });
  });

  it('are those of classes that are made of it, and go on to a CSV', async () => {
    await json(['fit', 'some.safetensors', ...O]);
    expect(out().names).toEqual(['bee', 'cat']);
    await json(['convert', 'some.safetensors', 'again.csv']);
    const lastOf = (name: string) => readFileSync(at(name), 'utf8').replaceAll(/.*,/g, '');
    expect(lastOf('again.csv')).toBe(lastOf('some.csv'));
  });
});

describe('names in another encoding than UTF-8', () => {
  // One byte each: in UTF-8 neither is a character, and both would have the same name.
  const names = 'M\u00fcller\nM\u00f6ller\n';

  it('are refused in a CSV and in a file of names, where they would be one', async () => {
    writeFileSync(at('latin.csv'), `x,label\n${names.replaceAll(/^/gm, '1,').slice(0, -2)}`, 'latin1');
    expect(await run(['fit', 'latin.csv', ...O])).toMatchObject({
      code: 1,
      stderr: 'center-loss: latin.csv: row 0 has the label "M\ufffdller", which is not UTF-8\n',
    });
    writeFileSync(at('latin.txt'), names, 'latin1');
    expect(await run(['fit', 'rows.csv', '--names', 'latin.txt', ...O])).toMatchObject({
      code: 1,
      stderr: 'center-loss: latin.txt: the name "M\ufffdller" is not UTF-8\n',
    });
  });

  it('are read of UTF-16 with a byte order mark', async () => {
    writeFileSync(at('utf16.csv'), '\ufeffx,label\n1,M\u00fcller\n2,M\u00f6ller\n', 'utf16le');
    await json(['fit', 'utf16.csv', ...O]);
    expect(out().names).toEqual(['M\u00f6ller', 'M\u00fcller']);
  });
});

it('of rows without a class are kept by convert', async () => {
  writeFileSync(at('none.npy'), writeNpy(new Int32Array(320).fill(-1)));
  await json(['convert', 'rows.npy', 'none.safetensors', '--labels', 'none.npy']);
  const { tensors } = fromSafetensors(readFileSync(at('none.safetensors')));
  expect(tensors.labels?.data).toEqual(new Int32Array(320).fill(-1));
});
