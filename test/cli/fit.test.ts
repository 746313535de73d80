import { readFileSync, writeFileSync } from 'node:fs';
import { ClassCenters, ClassStatistics, load, OpenSetClassifier, toSafetensors, writeNpy } from 'center-loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { csvOf, means, sample, saved, savedClassifier, writeSample } from './rows.js';
import { at, json, run } from './run.js';

const NAMES = ['zebra', 'ant, small', 'bee "b"', 'Ça'];
const train = sample(1000, 4, 5, 7, 30);
let centers: Float32Array;

beforeAll(async () => {
  writeSample('train', train);
  writeFileSync(at('train.csv'), csvOf(train));
  const { rows, unknown, classes } = await json([
    'fit',
    'train.npy',
    '--labels',
    'train-labels.npy',
    '-o',
    'centers.safetensors',
  ]);
  expect({ rows, unknown, classes }).toEqual({ rows: 1030, unknown: 30, classes: 4 });
  centers = saved('centers.safetensors').params;
});

describe('fit', () => {
  it('makes the means of the classes', () => {
    const expected = means(train, 4);
    for (const [i, value] of centers.entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
    const { object, counts } = saved('centers.safetensors');
    expect(object).toBeInstanceOf(ClassCenters);
    expect(counts).toEqual(Float64Array.of(250, 250, 250, 250));
  });

  /** Bytes of a .npy file whose header says another order than the values of `bytes` have in this process. */
  const npy = (descr: string, fortran: boolean, shape: string, bytes: Uint8Array) => {
    const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
    const head = `${text.padEnd(117)}\n`;
    return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'), Buffer.from(head, 'latin1'), bytes]);
  };
  const doubles = Float64Array.from(train.x);
  const byColumns = doubles.map((_, i) => train.x[(i % train.rows) * 5 + Math.floor(i / train.rows)] as number);
  const swapped = (values: Float64Array) => Buffer.from(values.slice().buffer).swap64();
  const labels = { dtype: 'I64', shape: [1030], data: BigInt64Array.from(train.target, BigInt) } as const;
  const inputs: [name: string, file: string, bytes: () => Uint8Array | string, labelled: boolean][] = [
    ['float64', 'x.npy', () => writeNpy(doubles, [1030, 5]), false],
    ['big-endian', 'x.npy', () => npy('>f8', false, '(1030, 5)', swapped(doubles)), false],
    ['Fortran order', 'x.npy', () => npy('<f8', true, '(1030, 5)', Buffer.from(byColumns.buffer)), false],
    ['both', 'x.npy', () => npy('>f8', true, '(1030, 5)', swapped(byColumns)), false],
    ['a CSV with labels', 'x.csv', () => csvOf(train), true],
    ['a CSV of semicolons', 'x.csv', () => csvOf(train).replaceAll(',', ';'), true],
    [
      'safetensors with labels',
      'x.safetensors',
      () => toSafetensors({ embeddings: { dtype: 'F32', shape: [1030, 5], data: train.x }, labels }),
      true,
    ],
    [
      'tensors of any name',
      'x.safetensors',
      () =>
        toSafetensors({
          a: { dtype: 'F32', shape: [1, 5], data: new Float32Array(5) },
          b: { dtype: 'F64', shape: [1030, 5], data: doubles },
        }),
      false,
    ],
  ];
  it.each(inputs)('gives the same of %s', async (name, file, bytes, labelled) => {
    writeFileSync(at(file), bytes());
    const args = labelled ? [] : ['--labels', 'train-labels.npy'];
    if (name.includes('semicolons')) args.push('--delimiter', ';');
    if (name.includes('any name')) args.push('--tensor', 'b');
    await json(['fit', file, ...args, '-o', 'other.safetensors']);
    expect(saved('other.safetensors').params).toEqual(centers);
  });

  it('takes rows from a pipe, and gives centers to one', async () => {
    for (const [input, args] of [
      [readFileSync(at('train.npy')), ['--labels', 'train-labels.npy']],
      [csvOf(train), ['--classes', '4']],
    ] as const) {
      const { code, bytes, stderr } = await run(['fit', '-', ...args, '-o', '-'], { input });
      expect([code, stderr]).toEqual([0, '']);
      expect((load(bytes) as ClassCenters).toArray()).toEqual(centers);
    }
  });

  it('counts in blocks what does not fit in one', async () => {
    const many = sample(70_001, 3, 33, 5);
    writeSample('many', many);
    await json(['fit', 'many.npy', '--labels', 'many-labels.npy', '-o', 'many.safetensors']);
    const statistics = new ClassStatistics(3, 33, { covariance: 'none' });
    statistics.add(many.x, many.target);
    const expected = statistics.toCenters().params;
    const found = saved('many.safetensors').params;
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i] as number, 6);
  });

  it('names classes as their labels do, in order', async () => {
    writeFileSync(
      at('named.csv'),
      csvOf({ ...train, target: train.target.map((label) => Math.max(label, 0)) }, NAMES)
        .replaceAll('ant, small', '"ant, small"')
        .replaceAll('bee "b"', '"bee ""b"""'),
    );
    await json(['fit', 'named.csv', '-o', 'named.safetensors']);
    const { names, params } = saved('named.safetensors');
    expect(names).toEqual(['ant, small', 'bee "b"', 'zebra', 'Ça']);
    expect(params.subarray(0, 10)).toEqual(centers.subarray(5, 15));
  });

  it('takes names from a file, in its order', async () => {
    writeFileSync(at('names.txt'), `${NAMES.join('\n')}\n`);
    await json(['fit', 'train.npy', '--labels', 'train-labels.npy', '--names', 'names.txt', '-o', 'n.safetensors']);
    expect(saved('n.safetensors')).toMatchObject({ names: NAMES, params: centers });
  });

  it.each([
    ['distance', {}],
    ['normalized', { metric: 'euclidean' }],
    ['mahalanobis', {}],
    ['softmin', { metric: 'cosine' }],
  ] as const)('makes a classifier of score %s as the class does', async (score, how) => {
    const more = Object.entries(how).flatMap(([name, value]) => [`--${name}`, value]);
    const args = ['fit', 'train.npy', '--labels', 'train-labels.npy', '--score', score, '--tpr', '0.9', ...more];
    await json([...args, '-o', 'classifier.safetensors']);
    const found = savedClassifier('classifier.safetensors');
    const expected = new OpenSetClassifier({ params: centers, nClasses: 4, nDim: 5 }, { score, ...how });
    expected.fit(train.x, train.target, { tpr: 0.9 });
    expect(found.save()).toEqual(expected.save());
  });

  it('fits the threshold to other rows, by class', async () => {
    const held = sample(400, 4, 5, 11);
    writeSample('held', held);
    const args = ['--calibration', 'held.npy', '--calibration-labels', 'held-labels.npy', '--per-class'];
    await json(['fit', 'train.npy', '--labels', 'train-labels.npy', ...args, '-o', 'classifier.safetensors']);
    const expected = new OpenSetClassifier({ params: centers, nClasses: 4, nDim: 5 });
    expected.fit(held.x, held.target, { perClass: true });
    expect(savedClassifier('classifier.safetensors').threshold).toEqual(expected.threshold);
  });

  it('leaves out rows that are not finite, and says how many', async () => {
    const x = train.x.slice();
    x[7] = Number.NaN;
    x[12] = Number.POSITIVE_INFINITY;
    writeFileSync(at('bad.npy'), writeNpy(x, [1030, 5]));
    expect(await json(['fit', 'bad.npy', '--labels', 'train-labels.npy', '-o', 'bad.safetensors'])).toMatchObject({
      rejected: 2,
    });
  });
});
