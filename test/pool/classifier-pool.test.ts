// ClassifierPool: the results of one thread, whatever the rows come in, and what a call leaves behind. Where a runtime has
// no threads, the pool computes in place, and the same holds.
import { CenterLoss, type ClassifierOptions, type Embeddings, OpenSetClassifier } from 'center-loss';
import { ClassifierPool } from 'center-loss/pool';
import { afterEach, describe, expect, it } from 'vitest';
import { expectError } from '../support/error.js';

const [ROWS, nClasses, nDim] = [3001, 7, 11];
const names = Array.from({ length: nClasses }, (_, j) => `class ${j}`);
const loss = new CenterLoss(nClasses, nDim, { init: 'normal', seed: 1, names });
const params = loss.centers.toArray();
/** Rows around the centers, and three that have no finite distance. */
const x = Float32Array.from({ length: ROWS * nDim }, (_, i) => (params[i % params.length] ?? 0) + 3 * Math.sin(i * i));
x[7 * nDim + 3] = Number.NaN;
x[2048 * nDim] = Number.POSITIVE_INFINITY;
x[3000 * nDim + 10] = 3e38;
const target = Int32Array.from({ length: ROWS }, (_, row) => row % nClasses);
const fitted = (options: ClassifierOptions) => new OpenSetClassifier(loss, options).fit(x, target, { perClass: true });
const classifier = fitted({ score: 'distance' });

const pools: ClassifierPool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.dispose();
});

async function start(of = classifier, workers = 2): Promise<ClassifierPool> {
  const pool = await ClassifierPool.create(of, { workers });
  expect([0, workers]).toContain(pool.workers);
  pools.push(pool);
  return pool;
}

/** Expects our error, as `expectError`, of a call that gives a promise. */
async function expectRejected(call: Promise<unknown>, ...error: [Parameters<typeof expectError>[1], RegExp]) {
  const act = await call.then(
    () => () => {},
    (thrown) => () => {
      throw thrown;
    },
  );
  expectError(act, ...error);
}

function shared(values: Float32Array): Float32Array {
  if (typeof SharedArrayBuffer === 'undefined') return values;
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

describe('the results are those of classify, to the last bit', () => {
  const expected = classifier.classify(x);

  it('there are rows of each class, unknown rows and rows at no finite distance', () => {
    expect(new Set(expected.names).size).toBe(nClasses + 1);
    expect(expected.nearest.filter((label) => label < 0).length).toBe(3);
  });

  it.each([1, 2, 3])('on %d threads', async (workers) => {
    expect(await (await start(classifier, workers)).classify(shared(x))).toEqual(expected);
  });

  it.each<ClassifierOptions>([
    ...(['normalized', 'cac', 'softmin', 'entropy', 'mahalanobis', 'knn-centers'] as const).map((score) => ({ score })),
    { score: 'mahalanobis', covariance: 'tied', relative: true },
  ])('by %j', async (options) => {
    const other = fitted(options);
    const pool = await start(other);
    expect(await pool.classify(shared(x))).toEqual(other.classify(x));
    expect(other.dispose()).toBeUndefined();
    expect((await pool.classify(x)).labels.length).toBe(ROWS);
  });

  it.each<[string, (rows: Float32Array) => Embeddings]>([
    ['shared memory', shared],
    ['a part of shared memory', (rows) => shared(Float32Array.of(1, ...rows, 2)).subarray(1, rows.length + 1)],
    ['memory of its own', (rows) => rows],
    ['float64', (rows) => Float64Array.from(rows)],
    ['an array', (rows) => Array.from(rows)],
    ['a tensor', (data) => ({ data, dims: [data.length / nDim, nDim] })],
  ])('of rows in %s', async (_, form) => {
    const pool = await start();
    for (const rows of [1, 63, 1000]) {
      const part = x.subarray(0, rows * nDim);
      expect(await pool.classify(form(part))).toEqual(classifier.classify(part));
    }
    expect(await pool.classify([])).toEqual(classifier.classify([]));
  });

  it('of calls that overlap', async () => {
    const pool = await start();
    const parts = [x, x.subarray(nDim), x.subarray(0, 5 * nDim)];
    const results = await Promise.all(parts.map((part) => pool.classify(part)));
    expect(results).toEqual(parts.map((part) => classifier.classify(part)));
  });

  it('of a classifier without classes, and without names', async () => {
    const empty = new OpenSetClassifier({ nDim });
    expect(await (await start(empty)).classify(x)).toEqual(empty.classify(x));
    const unnamed = new OpenSetClassifier({ params, nClasses, nDim });
    expect(await (await start(unnamed)).classify(x)).toEqual(unnamed.classify(x));
  });

  it('of the classifier as it was', async () => {
    const changing = new OpenSetClassifier(loss, { threshold: nDim });
    const [pool, before] = [await start(changing), changing.classify(x)];
    changing.addClass('another', x.subarray(0, nDim));
    expect(await pool.classify(x)).toEqual(before);
  });
});

it('wrong rows are refused, and the pool goes on', async () => {
  const pool = await start();
  await expectRejected(pool.classify([1, 2, 3]), 'ERR_SHAPE', /x has 3 values, which is not a multiple of nDim = 11/);
  await expectRejected(pool.classify('rows' as never), 'ERR_SHAPE', /x must be a Float32Array/);
  expect((await pool.classify(x)).labels.length).toBe(ROWS);
});

it('wrong classifiers and options are refused', async () => {
  const unfitted = new OpenSetClassifier(loss, { score: 'mahalanobis' });
  const disposed = new OpenSetClassifier(loss);
  disposed.dispose();
  await expectRejected(ClassifierPool.create(unfitted), 'ERR_OPTION', /needs a precision/);
  await expectRejected(ClassifierPool.create(disposed), 'ERR_DISPOSED', /disposed/);
  await expectRejected(ClassifierPool.create(loss as never), 'ERR_OPTION', /must be an OpenSetClassifier/);
  for (const workers of [0, 1.5, 1025, Number.NaN, '2']) {
    const call = ClassifierPool.create(classifier, { workers: workers as number });
    await expectRejected(call, 'ERR_OPTION', /workers must be a whole number from 1 to 1024, got/);
  }
  await expectRejected(
    ClassifierPool.create(classifier, { threads: 2 } as object),
    'ERR_OPTION',
    /no option "threads"/,
  );
});

it('a disposed pool refuses calls, and those that it has', async () => {
  const pool = await start();
  const call = pool.classify(x);
  pool.dispose();
  pool.dispose();
  if (pool.workers > 0) await expectRejected(call, 'ERR_DISPOSED', /this ClassifierPool was disposed/);
  await expectRejected(pool.classify(x), 'ERR_DISPOSED', /disposed/);
});
