import { ClassCenters, ClassStatistics, load, OpenSetClassifier, toSafetensors, writeNpy } from 'center-loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { npyFile } from '../support/npy.js';
import {
  csvOf,
  failure,
  json,
  read,
  run,
  sample,
  saved,
  savedClassifier,
  write,
  writeModel,
  writeSample,
} from './support.js';

const NAMES = ['zebra', 'ant, small', 'bee "b"', 'Ça'];
const train = sample(1000, 4, 5, 7, 30);
const FIT = 'fit train.npy --labels train-labels.npy';
let centers: Float32Array;

beforeAll(async () => {
  expect(await writeModel('train', train)).toMatchObject({ rows: 1030, unknown: 30, classes: 4 });
  centers = saved('model.safetensors').params;
});

/** Means of classes in float64. */
function means({ x, target, nDim }: typeof train, nClasses: number): Float64Array {
  const sums = new Float64Array(nClasses * nDim);
  const counts = new Float64Array(nClasses);
  target.forEach((label, i) => {
    if (label < 0) return;
    counts[label] = (counts[label] as number) + 1;
    for (let k = 0; k < nDim; k++) {
      sums[label * nDim + k] = (sums[label * nDim + k] as number) + (x[i * nDim + k] as number);
    }
  });
  return sums.map((sum, j) => sum / (counts[Math.floor(j / nDim)] as number));
}

describe('fit', () => {
  it('makes the means of the classes', () => {
    const expected = means(train, 4);
    for (const [i, value] of centers.entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
    const { object, counts } = saved('model.safetensors');
    expect(object).toBeInstanceOf(ClassCenters);
    expect(counts).toEqual(Float64Array.of(250, 250, 250, 250));
  });

  const doubles = Float64Array.from(train.x);
  const byColumns = doubles.map((_, i) => train.x[(i % train.rows) * 5 + Math.floor(i / train.rows)] as number);
  const swapped = (values: Float64Array) => Buffer.from(values.slice().buffer).swap64();
  const embeddings = { dtype: 'F32', shape: [1030, 5], data: train.x } as const;
  const labels = { dtype: 'I64', shape: [1030], data: BigInt64Array.from(train.target, BigInt) } as const;
  const a = { dtype: 'F32', shape: [1, 5], data: new Float32Array(5) } as const;
  const b = { dtype: 'F64', shape: [1030, 5], data: doubles } as const;

  it.each<[name: string, file: string, bytes: Uint8Array | string, options: string]>([
    ['float64', 'x.npy', writeNpy(doubles, [1030, 5]), '--labels train-labels.npy'],
    ['big-endian', 'x.npy', npyFile('>f8', '(1030, 5)', swapped(doubles)), '--labels train-labels.npy'],
    [
      'Fortran order',
      'x.npy',
      npyFile('<f8', '(1030, 5)', Buffer.from(byColumns.buffer), true),
      '--labels train-labels.npy',
    ],
    ['both', 'x.npy', npyFile('>f8', '(1030, 5)', swapped(byColumns), true), '--labels train-labels.npy'],
    ['a CSV with labels', 'x.csv', csvOf(train), ''],
    ['a CSV of semicolons', 'x.csv', csvOf(train).replaceAll(',', ';'), '--delimiter ;'],
    ['safetensors with labels', 'x.safetensors', toSafetensors({ embeddings, labels }), ''],
    ['tensors of any name', 'x.safetensors', toSafetensors({ a, b }), '--tensor b --labels train-labels.npy'],
  ])('gives the same of %s', async (_, file, bytes, options) => {
    write(file, bytes);
    await json(`fit ${file} ${options} -o other.safetensors`);
    expect(saved('other.safetensors').params).toEqual(centers);
  });

  it('takes rows from a pipe, and gives centers to one', async () => {
    for (const [input, options] of [
      [read('train.npy'), '--labels train-labels.npy'],
      [csvOf(train), '--classes 4'],
    ] as const) {
      const { code, bytes, stderr } = await run(`fit - ${options} -o -`, { input });
      expect([code, stderr]).toEqual([0, '']);
      expect((load(bytes) as ClassCenters).toArray()).toEqual(centers);
    }
  });

  it('adds rows that take more than one block', async () => {
    const many = sample(70_001, 3, 33, 5);
    writeSample('many', many);
    await json('fit many.npy --labels many-labels.npy -o many.safetensors');
    const statistics = new ClassStatistics(3, 33, { covariance: 'none' });
    statistics.add(many.x, many.target);
    const expected = statistics.toCenters().params;
    const found = saved('many.safetensors').params;
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i] as number, 6);
  });

  it('names classes by their labels, in order', async () => {
    const named = csvOf({ ...train, target: train.target.map((label) => Math.max(label, 0)) }, NAMES);
    write('named.csv', named.replaceAll('ant, small', '"ant, small"').replaceAll('bee "b"', '"bee ""b"""'));
    await json('fit named.csv -o named.safetensors');
    const { names, params } = saved('named.safetensors');
    expect(names).toEqual(['ant, small', 'bee "b"', 'zebra', 'Ça']);
    expect(params.subarray(0, 10)).toEqual(centers.subarray(5, 15));
  });

  it('takes names from a file, in its order', async () => {
    write('names.txt', `${NAMES.join('\n')}\n`);
    await json(`${FIT} --names names.txt -o n.safetensors`);
    expect(saved('n.safetensors')).toMatchObject({ names: NAMES, params: centers });
  });

  it.each([
    ['distance', {}],
    ['normalized', { metric: 'euclidean' }],
    ['mahalanobis', {}],
    ['softmin', { metric: 'cosine' }],
    ['cac', { temperature: 0.5 }],
  ] as const)('makes a classifier of score %s as the class does', async (score, how) => {
    const given = Object.entries(how).map(([name, value]) => `--${name} ${value}`);
    await json(`${FIT} --score ${score} --tpr 0.9 --no-holdout ${given.join(' ')} -o classifier.safetensors`);
    const expected = new OpenSetClassifier({ params: centers, nClasses: 4, nDim: 5 }, { score, ...how });
    expected.fit(train.x, train.target, { tpr: 0.9 });
    expect(savedClassifier('classifier.safetensors').save()).toEqual(expected.save());
  });

  it('fits the threshold to other rows, by class', async () => {
    const held = sample(400, 4, 5, 11);
    writeSample('held', held);
    const calibration = '--calibration held.npy --calibration-labels held-labels.npy --per-class';
    await json(`${FIT} ${calibration} -o classifier.safetensors`);
    const expected = new OpenSetClassifier({ params: centers, nClasses: 4, nDim: 5 });
    expected.fit(held.x, held.target, { perClass: true });
    expect(savedClassifier('classifier.safetensors').threshold).toEqual(expected.threshold);
  });

  describe('without other rows', () => {
    // 12 rows of each class in 200 dimensions: means of few rows lie far nearer to these rows than to others.
    const wide = sample(240, 20, 200, 3);
    const others = sample(2000, 20, 200, 4);
    const wideFit = 'fit wide.npy --labels wide-labels.npy --tpr 0.95 -o wide.safetensors';
    const acceptedOf = async () => {
      const { rejectedKnown } = await json('evaluate others.npy --labels others-labels.npy -m wide.safetensors');
      return 1 - (rejectedKnown as number);
    };

    beforeAll(() => {
      writeSample('wide', wide);
      writeSample('others', others);
    });

    it('fits the threshold to a fifth of each class, of which no center is made, and says so', async () => {
      const { stdout, stderr } = await run(`${wideFit} --json`);
      expect(stderr).toMatch(
        /^note: threshold: fitted to \d+ held-out rows, 0\.2 of the rows of each class; the centers/,
      );
      const { calibrationRows, ...report } = JSON.parse(stdout);
      expect(report).toMatchObject({ rows: 240, calibration: '0.2 of the rows of each class' });
      const counts = Array.from(saved('wide.safetensors').counts ?? [], Number);
      expect(counts.reduce((sum, count) => sum + count, calibrationRows)).toBe(240);
      // One row of each five is held out; of the last two of the twelve, one may be.
      for (const count of counts) expect([9, 10]).toContain(count);
      expect(await acceptedOf()).toBeGreaterThan(0.85);
      expect((await run(`${wideFit} --no-holdout`)).stderr).toContain('refuses too many new rows');
      expect(await acceptedOf()).toBeLessThan(0.5);
    });

    it('holds out the same rows for the same seed, through a pipe', async () => {
      await json(`${wideFit} --seed 1`);
      const first = read('wide.safetensors');
      await json(`${wideFit} --seed 2`);
      expect(read('wide.safetensors').equals(first)).toBe(false);
      const piped = '--labels wide-labels.npy --classes 20 --tpr 0.95 --seed 1 -o wide.safetensors';
      await run(`fit - ${piped}`, { input: read('wide.npy') });
      expect(read('wide.safetensors').equals(first)).toBe(true);
    });

    it('refuses classes of one row', async () => {
      write('few.csv', 'a,label\n1,0\n2,1\n');
      const message = 'no row can be held out for the threshold, since classes have too few';
      expect(await failure('fit few.csv --tpr 0.9 -o few')).toEqual([1, expect.stringContaining(message)]);
    });
  });

  it('leaves out rows that are not finite, and says how many', async () => {
    const x = train.x.slice();
    x[7] = Number.NaN;
    x[12] = Number.POSITIVE_INFINITY;
    write('bad.npy', writeNpy(x, [1030, 5]));
    expect(await json('fit bad.npy --labels train-labels.npy -o bad.safetensors')).toMatchObject({ rejected: 2 });
  });
});
