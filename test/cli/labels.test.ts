// Labels as other programs write them.
import { fromSafetensors, toSafetensors, writeNpy } from 'center-loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { csvOf, failure, json, read, sample, saved, write, writeModel } from './support.js';

const NAMES = ['cat', 'ant', 'bee'];
const rows = sample(300, 3, 4, 1, 20);
const out = () => saved('out.safetensors');
/** Parts of a model that do not depend on the labels' form. */
const partsOf = (name: string) => {
  const { params, counts } = saved(`${name}.safetensors`);
  return { params, counts };
};

beforeAll(async () => {
  await writeModel('rows', rows);
  write('names.txt', NAMES.join('\n'));
});

describe('numbers in a CSV', () => {
  it('are classes of a model with names, as those of an array are', async () => {
    await json('fit rows.csv --names names.txt -o out.safetensors');
    expect(partsOf('out')).toEqual(partsOf('model'));
    expect(out().names).toEqual(NAMES);
    const fromArray = await json('evaluate rows.npy --labels rows-labels.npy -m out.safetensors');
    const fromText = await json('evaluate rows.csv -m out.safetensors');
    expect(fromText).toEqual({ ...fromArray, input: 'rows.csv', seconds: fromText.seconds });
    write('other.csv', csvOf({ ...rows, target: rows.target.map((label) => label + 1) }));
    const message = 'other.csv: row 2 has the label "3", but the 3 classes are called "cat, ant, bee"';
    expect(await failure('evaluate other.csv -m out.safetensors')).toEqual([1, message]);
  });

  it('are names where some names are numbers', async () => {
    write('mixed.csv', 'x,label\n1,10\n2,2\n3,a\n');
    await json('fit mixed.csv -o out.safetensors');
    expect(out().names).toEqual(['10', '2', 'a']);
    write('zero.csv', 'x,label\n1,0\n2,2\n');
    expect(await json('evaluate zero.csv -m out.safetensors')).toMatchObject({ known: 1, unknown: 1 });
  });

  it('may have the point of a column of floats, and gaps', async () => {
    const floats = csvOf(rows)
      .replaceAll(/,(\d)\n/g, ',$1.0\n')
      .replaceAll(',-1\n', ',\n');
    write('floats.csv', floats);
    expect(await json('fit floats.csv -o out.safetensors')).toMatchObject({ classes: 3, unknown: 20 });
    expect(partsOf('out')).toEqual(partsOf('model'));
  });
});

describe('the same labels make the same classes in every format', () => {
  const x = { dtype: 'F32', shape: [4, 1], data: Float32Array.of(1, 2, 3, 4) } as const;
  const bools = { dtype: 'BOOL', shape: [4], data: Uint8Array.of(0, 1, 1, 0) } as const;
  const floats = { dtype: 'F32', shape: [4], data: Float32Array.of(10, Number.NaN, 2, -1) } as const;
  const integers = { dtype: 'I64', shape: [4], data: BigInt64Array.of(10n, -1n, 2n, -5n) } as const;

  beforeAll(() => write('x.npy', writeNpy(x.data, [4, 1])));

  it.each([
    ['numbers with gaps', ['10', '', '2', '-1'], floats],
    ['numbers with a fraction', ['1e1', 'NA', '2.0', '-1.0'], floats],
    ['integers', ['10', '-1', '+2', '-5'], integers],
    ['truth', ['False', 'True', 'True', 'False'], bools],
  ] as const)('%s', async (_, texts, labels) => {
    write('y.csv', `label\n${texts.map((text) => `${text || '""'}\n`).join('')}`);
    write('y.npy', writeNpy(labels.data, [4], { dtype: labels.dtype }));
    write('xy.safetensors', toSafetensors({ x, labels }));
    const classesOf = async (args: string) => {
      const { rows, unknown, classes, emptyClasses } = await json(`fit ${args} -o out.safetensors`);
      return { rows, unknown, classes, emptyClasses, ...partsOf('out'), names: out().names };
    };
    const fromCsv = await classesOf('x.npy --labels y.csv');
    expect(fromCsv).toMatchObject({ rows: 4, classes: labels === bools ? 2 : 11 });
    expect(await classesOf('x.npy --labels y.npy')).toEqual(fromCsv);
    expect(await classesOf('xy.safetensors')).toEqual(fromCsv);
    write('numbers.npy', writeNpy(Int8Array.of(0, 1, 1, 0)));
    if (labels !== bools) return;
    // A model without names takes truth as 1 and 0.
    await json('fit x.npy --labels numbers.npy -o plain.safetensors');
    expect(await json('evaluate x.npy --labels y.npy -m plain.safetensors')).toMatchObject({ known: 4, unknown: 0 });
  });
});

describe('a file of names', () => {
  it.each([
    ['begins with a byte order mark', `\ufeff${NAMES.join('\n')}\n`],
    ['has empty lines at its end', `${NAMES.join('\r\n')}\r\n\r\n`],
    ['has white space around names', `${NAMES.join(' \n')}\t\n`],
  ])('that %s has the same names', async (_, text) => {
    write('odd.txt', text);
    await json('fit rows.csv --names odd.txt -o out.safetensors');
    expect(out().names).toEqual(NAMES);
  });
});

describe('names that convert has put into a .safetensors file', () => {
  // The file has two of the three classes, as its first two.
  const some = csvOf(rows, NAMES)
    .replaceAll(/.*,ant\n/g, '')
    .replaceAll(/,another\n/g, ',\n');

  beforeAll(async () => {
    await json('fit rows.csv --names names.txt -o named.safetensors');
    write('some.csv', some);
    await json('convert some.csv some.safetensors');
  });

  it('are matched with those of the model in any order', async () => {
    const { seconds, ...asText } = await json('evaluate some.csv -m named.safetensors');
    expect(asText).toMatchObject({ known: 200, unknown: 20, accuracy: 1 });
    const asTensor = await json('evaluate some.safetensors -m named.safetensors');
    expect(asTensor).toMatchObject({ ...asText, input: 'some.safetensors' });
  });

  it('become the names of fitted classes, and are kept in a CSV', async () => {
    await json('fit some.safetensors -o out.safetensors');
    expect(out().names).toEqual(['bee', 'cat']);
    await json('convert some.safetensors again.csv');
    const labelsOf = (name: string) => read(name).toString().replaceAll(/.*,/g, '');
    expect(labelsOf('again.csv')).toBe(labelsOf('some.csv'));
  });
});

it('names in another encoding than UTF-8 are refused in a CSV and in a file of names', async () => {
  // In Latin-1 each ü and ö is one byte, which is no character of UTF-8: both would have the same name.
  write('latin.csv', Buffer.from('x,label\n1,M\u00fcller\n1,M\u00f6ller\n', 'latin1'));
  const inCsv = 'latin.csv: row 0 has the label "M\ufffdller", which is not UTF-8: save the file as UTF-8';
  expect(await failure('fit latin.csv -o out')).toEqual([1, inCsv]);
  write('latin.txt', Buffer.from('M\u00fcller\nM\u00f6ller\n', 'latin1'));
  const inNames = 'latin.txt: the name "M\ufffdller" is not UTF-8';
  expect(await failure('fit rows.csv --names latin.txt -o out')).toEqual([1, inNames]);
});

it('labels of rows without a class are kept by convert', async () => {
  write('none.npy', writeNpy(new Int32Array(320).fill(-1)));
  await json('convert rows.npy none.safetensors --labels none.npy');
  expect(fromSafetensors(read('none.safetensors')).tensors.labels?.data).toEqual(new Int32Array(320).fill(-1));
});
