// CenterLoss and ClassCenters: initial centers, options and answers.
import { CenterLoss, ClassCenters, isKnown } from 'center-loss';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectClose } from '../support/close.js';

afterEach(() => void vi.restoreAllMocks());

const params = (...args: ConstructorParameters<typeof CenterLoss>) => [...new CenterLoss(...args).centers.params];
const RULES = ['wen', 'mean', 'ema', 'sgd'] as const;
const eye3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

describe('init', () => {
  it("'pytorch-ood': identity if C = D, normal else; magnitude only on fixed identity, warned about once", () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(params(3, 3)).toEqual(eye3);
    expect(params(3, 3, { fixed: true, magnitude: 5 })).toEqual(eye3.map((value) => 5 * value));
    expect(warn).not.toHaveBeenCalled();
    expect(params(3, 3, { magnitude: 5 })).toEqual(eye3);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/magnitude = 5 is ignored/);
    expect(params(3, 4, { magnitude: 5, fixed: true })).toEqual(params(3, 4));
    expect(params(3, 4)).toEqual(params(3, 4, { init: 'normal' }));
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('every other init applies magnitude', () => {
    expect(params(3, 3, { init: 'eye', magnitude: 2 })).toEqual(eye3.map((value) => 2 * value));
    expect(params(2, 4, { init: 'anchors', magnitude: 3 })).toEqual([3, 0, 0, 0, 0, 3, 0, 0]);
    expect(params(1, 2, { init: new Float32Array([1, -2]), magnitude: 3 })).toEqual([3, -6]);
    const scaled = (init: 'normal' | 'orthogonal') => params(4, 6, { init, magnitude: 4, seed: 9 });
    expect(scaled('normal')).toEqual(params(4, 6, { init: 'normal', seed: 9 }).map((value) => 4 * value));
    expect(scaled('orthogonal')).toEqual(params(4, 6, { init: 'orthogonal', seed: 9 }).map((value) => 4 * value));
  });

  it('the same seed gives the same centers, another seed others', () => {
    expect(params(5, 7, { init: 'normal', seed: 1 })).toEqual(params(5, 7, { init: 'normal', seed: 1 }));
    expect(params(5, 7, { init: 'normal', seed: 1 })).not.toEqual(params(5, 7, { init: 'normal', seed: 2 }));
    expect(params(5, 7, { init: 'normal' })).toEqual(params(5, 7, { init: 'normal', seed: 0 }));
    expect(params(5, 7, { init: 'normal', seed: 2 ** 40 })).not.toEqual(params(5, 7, { init: 'normal', seed: 0 }));
  });
});

describe('CenterLoss', () => {
  it('tells the options that it was made with', () => {
    const options = { magnitude: 4, radius: 0.5, fixed: true, reduction: 'wen' } as const;
    const loss = new CenterLoss(2, 3, { ...options, init: 'anchors' });
    expect(loss).toMatchObject({ nClasses: 2, nDim: 3, ...options });
    expect(loss.centers).toMatchObject({ nClasses: 2, nDim: 3, fixed: true });
  });

  it.each(['sqeuclidean', 'cosine'] as const)('no known row: loss 0 and zero gradients, %s', (metric) => {
    const loss = new CenterLoss(3, 2, { init: 'normal', metric });
    const before = loss.centers.params.slice();
    for (const [x, target] of [
      [
        [1, 2, Number.NaN, 4],
        [-1, -9],
      ],
      [[], []],
    ] as const) {
      const zeros = new Float32Array(x.length);
      expect(loss.evaluate(x, target)).toBe(0);
      expect(loss.gradients(x, target)).toEqual({ loss: 0, gradX: zeros, gradCenters: new Float32Array(6) });
      expect(loss.gradients(x, target, { centers: 'touched' }).gradCenters).toEqual({
        classes: new Int32Array(0),
        rows: new Float32Array(0),
      });
      for (const rule of RULES) expect(loss.step(x, target, { rule })).toEqual({ loss: 0, gradX: zeros });
      expect(loss.fitRadius(x, target)).toEqual(new Float32Array(3));
    }
    expect([loss.centers.predict([]).length, loss.centers.distances([]).length]).toEqual([0, 0]);
    expect(loss.centers.params).toEqual(before);
    const plain = new CenterLoss(3, 2);
    expect([plain.forward([], []), plain.forward([1, 2, Number.NaN], [-1])]).toEqual([0, 0]);
    expect(plain.backward([], [])).toEqual(new Float32Array(0));
  });

  it('fixed: no center gradient, and step moves nothing', () => {
    const loss = new CenterLoss(2, 2, { fixed: true, init: 'anchors', magnitude: 3 });
    const { gradX, gradCenters, loss: value } = loss.gradients([1, 1, 2, 2], [0, 1]);
    expect(gradCenters).toBeNull();
    expect(loss.gradients([1, 1], [0], { centers: 'touched' }).gradCenters).toBeNull();
    for (const rule of RULES) expect(loss.step([1, 1, 2, 2], [0, 1], { rule })).toEqual({ loss: value, gradX });
    expect([...loss.centers.params, ...loss.updateCounts]).toEqual([3, 0, 0, 3, 0, 0]);
    loss.centers.params[0] = 4;
    expectClose(loss.evaluate([1, 1], [0]), (9 + 1) / 2);
  });

  it('lenient labels: a known row of no class makes the loss NaN if it is not finite, an unknown one does not', () => {
    const lenient = new CenterLoss(2, 2, { labels: 'lenient', init: 'eye' });
    const x = [Number.NaN, 0, 1, 0];
    for (const value of [
      lenient.evaluate(x, [5, 0]),
      lenient.gradients(x, [5, 0]).loss,
      lenient.step(x, [5, 0]).loss,
      lenient.forward(lenient.centers.distances(x), [5, 0]),
    ]) {
      expect(value).toBeNaN();
    }
    expectClose(lenient.evaluate(x, [-1, 0]), 1e-12);
  });

  it('no embedding, however far, leaves a center that is not finite', () => {
    for (const [center, x] of [
      [0, 3e38],
      [-3e38, 3e38],
      [0, 1e29],
      [0, 1e31],
    ] as const) {
      const loss = new CenterLoss(1, 2, { reduction: 'wen', init: new Float32Array([center, 0]) });
      const rows = new Float32Array(400).map((_, i) => (i % 2 === 0 ? x : 0));
      const { loss: value, gradX } = loss.step(rows, new Int32Array(200), { alpha: 1 });
      expect(value).toBeGreaterThan(0);
      expect([...gradX, ...loss.centers.params].every(Number.isFinite)).toBe(true);
      const nearEnough = Math.abs(x - center) <= 1e30;
      expectClose(loss.centers.params[0] ?? 0, nearEnough ? (x * 200) / 201 : center);
    }
  });

  it('an infinite distance to another center changes no loss', () => {
    const loss = new CenterLoss(3, 2, { reduction: 'batch', init: Float32Array.of(0, 0, 4, 0, 1e20, 0) });
    expectClose(loss.evaluate([1, 1, 2, 1], [0, 1]), 3.5);
    expectClose(loss.gradients([1, 1, 2, 1], [0, 1]).gradCenters ?? [], [-1, -1, 2, -1, 0, 0]);
  });

  it('lenient labels: a row with a label of no class adds floors and counts in B', () => {
    const lenient = new CenterLoss(3, 1, { labels: 'lenient', init: new Float32Array([0, 1, 2]) });
    for (const label of [3, 99, 1.5, 2 ** 40, Number.POSITIVE_INFINITY]) {
      expectClose(lenient.evaluate([2, 7], [0, label]), (4 + 5e-12) / 6);
      expect([...lenient.gradients([2, 7], [0, label]).gradX].map((v) => v === 0)).toEqual([false, true]);
    }
    for (const label of [Number.NaN, -1.5, Number.NEGATIVE_INFINITY])
      expectClose(lenient.evaluate([2, 7], [0, label]), 4 / 3);
  });

  it('takes every type of target and of rows', () => {
    const loss = new CenterLoss(3, 2, { init: 'normal', seed: 8 });
    const x = [1, 2, 3, 4, 5, 6];
    const expected = loss.gradients(x, [2, -1, 0]);
    const kinds = [Int8Array, Int16Array, Int32Array, Float32Array, Float64Array];
    for (const Kind of kinds) expect(loss.gradients(x, new Kind([2, -1, 0]))).toEqual(expected);
    expect(loss.gradients(x, new BigInt64Array([2n, -1n, 0n]))).toEqual(expected);
    expect(loss.gradients(x, [2n, -1n, 0n])).toEqual(expected);
    expect(loss.gradients(x, [2, -1, -0])).toEqual(expected);
    const known = loss.evaluate(x, [2, 1, 0]);
    for (const Kind of [Uint8Array, Uint8ClampedArray, Uint16Array, Uint32Array]) {
      expect(loss.evaluate(x, new Kind([2, 1, 0]))).toBe(known);
    }
    expect(loss.evaluate(x, new BigUint64Array([2n, 1n, 0n]))).toBe(known);
    for (const rows of [new Float32Array(x), new Float64Array(x)]) expect(loss.evaluate(rows, [2, 1, 0])).toBe(known);
    expect(loss.evaluate(new Float32Array([9, ...x, 9]).subarray(1, 7), [2, 1, 0])).toBe(known);
  });

  // A page has no shared memory unless it is isolated.
  it.runIf(globalThis.SharedArrayBuffer)('takes rows and labels in shared memory', () => {
    const loss = new CenterLoss(3, 2, { init: 'normal', seed: 8 });
    const x = [1, 2, 3, 4, 5, 6];
    const shared = new Float32Array(new SharedArrayBuffer(24));
    shared.set(x);
    const target = new Int32Array(new SharedArrayBuffer(12));
    target.set([2, 1, 0]);
    expect(loss.evaluate(shared, target)).toBe(loss.evaluate(x, [2, 1, 0]));
  });
});

describe('ClassCenters', () => {
  const centers = new ClassCenters(3, 2);
  centers.params.set([0, 0, 3, 4, 3, 4]);

  it('distances can be written to an array of the caller', () => {
    expect([...centers.distances([0, 0, 3, 4])]).toEqual([0, 25, 25, 25, 0, 0]);
    const out = new Float32Array(6);
    expect(centers.distances([0, 0, 3, 4], out)).toBe(out);
    expect([...out]).toEqual([0, 25, 25, 25, 0, 0]);
  });

  it('the lowest class wins a tie, −1 where no distance is finite', () => {
    expect([...centers.predict([3, 4, 1.5, 2, Number.NaN, 0, Number.POSITIVE_INFINITY, 0, 1e20, 0])]).toEqual([
      1, 0, -1, -1, -1,
    ]);
    for (let nClasses = 2; nClasses <= 11; nClasses++) {
      for (let twin = 1; twin < nClasses; twin++) {
        for (let first = 0; first < twin; first++) {
          const tied = new CenterLoss(nClasses, 7, { init: 'normal', seed: nClasses }).centers;
          const center = tied.params.slice(first * 7, (first + 1) * 7).map((value) => value + 0.125);
          tied.params.set(center, first * 7);
          tied.params.set(center, twin * 7);
          expect([...tied.predict([...center, ...center, ...center])]).toEqual([first, first, first]);
          tied.dispose();
        }
      }
    }
  });

  it('a center that is not finite is never the nearest', () => {
    const some = new ClassCenters(3, 1);
    some.params.set([Number.NaN, 5, Number.POSITIVE_INFINITY]);
    expect([...some.predict([0, 9])]).toEqual([1, 1]);
    expect([...some.predictProba([0])].every(Number.isNaN)).toBe(true);
  });

  it('probabilities of two centers are those of their formula', () => {
    const two = new ClassCenters(2, 2);
    two.params.set([0, 0, 3, 4]);
    expectClose(two.predictProba([0, 0]), [1, 1.3887943864771144e-11]);
    expectClose(two.predictProba([1.5, 2]), [0.5, 0.5]);
    expect([...two.predictProba([Number.NaN, 0])].every(Number.isNaN)).toBe(true);
    expect([...two.predictProba([1e19, 0, 0, 0])].every(Number.isNaN)).toBe(false);
  });

  it.each(['sqeuclidean', 'euclidean', 'cosine'] as const)('a row gets the same results among many, %s', (metric) => {
    const many = new CenterLoss(1000, 3, { init: 'normal', seed: 1, metric }).centers;
    const x = new CenterLoss(3001, 3, { init: 'normal', seed: 2 }).centers.params.slice();
    const [classes, distmat, proba] = [many.predict(x), many.distances(x), many.predictProba(x)];
    const out = new Float32Array(distmat.length);
    expect(many.distances(x, out)).toBe(out);
    // A matcher would take seconds for three million values.
    expect(out.every((value, at) => value === distmat[at])).toBe(true);
    for (const row of [0, 1, 1049, 1050, 2097, 2098, 3000]) {
      const one = x.subarray(3 * row, 3 * row + 3);
      expect(many.predict(one)[0]).toBe(classes[row]);
      expect(many.distances(one)).toEqual(distmat.slice(1000 * row, 1000 * (row + 1)));
      expect(many.predictProba(one)).toEqual(proba.slice(1000 * row, 1000 * (row + 1)));
    }
  });
});

it('isKnown', () => {
  expect([...isKnown([0, -1, 5, -0, Number.NaN, 2 ** 40])]).toEqual([1, 0, 1, 1, 0, 1]);
  expect([...isKnown(new BigInt64Array([3n, -3n]))]).toEqual([1, 0]);
  expect(isKnown([])).toEqual(new Uint8Array(0));
});
