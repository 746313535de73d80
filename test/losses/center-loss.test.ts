// Center loss with metrics, penalties, radii and weights: its edges, and what it refuses. The crate compares batches of
// every shape with float64, and contracts/determinism the engines with the crate.
import { CenterLoss } from 'center-loss';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectClose } from '../support/close.js';
import { expectError, expectErrors } from '../support/error.js';

const untyped = (value: unknown) => value as never;

it('has the defaults of pytorch-ood', () => {
  const loss = new CenterLoss(3, 2);
  expect(loss).toMatchObject({ metric: 'sqeuclidean', penalty: 'hinge', radius: 0, reduction: 'mean', fixed: false });
  expect([...loss.radii]).toEqual([0, 0, 0]);
  expect([...loss.updateCounts]).toEqual([0, 0, 0]);
  expect([...new CenterLoss(2, 2, { radius: 1.5 }).radii]).toEqual([1.5, 1.5]);
});

describe('weights', () => {
  const x = Float32Array.of(1, 0, 0, 1, Number.NaN, 2, 3, 3);
  const options = { init: new Float32Array(4), reduction: 'batch' } as const;

  it('a row of weight 0 is ignored, whatever its values are', () => {
    const loss = new CenterLoss(2, 2, options);
    const sampleWeight = [1, 3, 0, 0];
    const { loss: value, gradX, gradCenters } = loss.gradients(x, [0, 1, 1, 0], { sampleWeight });
    expect(value).toBe(1);
    expect([...gradX]).toEqual([0.5, 0, 0, 1.5, 0, 0, 0, 0]);
    expect([...(gradCenters ?? [])]).toEqual([-0.5, -0, -0, -1.5].map((v) => v + 0));
    loss.step(x, [0, 1, 1, 0], { rule: 'mean', alpha: 1, sampleWeight });
    expect([...loss.centers.params]).toEqual([1, 0, 0, 1]);
    expect([...loss.updateCounts]).toEqual([1, 1]);
    expect(loss.evaluate(x, [0, 1, 1, 0], { sampleWeight: [0, 0, 0, 0] })).toBe(0);
    expect(loss.evaluate(x, [0, 1, 1, 0])).toBeNaN();
  });

  it('a class of weight 0 has no loss, but its center still follows its rows', () => {
    const loss = new CenterLoss(2, 2, { ...options, classWeight: [0, 2] });
    expect(loss.evaluate(x.subarray(0, 4), [0, 1])).toBe(1);
    loss.step(x.subarray(0, 4), [0, 0], { rule: 'mean', alpha: 1 });
    expect([...loss.centers.params]).toEqual([0.5, 0.5, 0, 0]);
  });
});

it.each([
  [{ rule: 'wen', alpha: 0.5 }, [1, 4 / 3]],
  [{ rule: 'mean', alpha: 0.5 }, [1.5, 2]],
  [{ rule: 'ema', momentum: 0.75 }, [0.75, 1]],
] as const)('%j moves the center of a class with rows, those within the radius too', (options, expected) => {
  const loss = new CenterLoss(2, 2, { init: [0, 0, 4, 0], radius: 10 });
  loss.step([2, 2, 4, 6], [0, 0], options);
  expectClose(loss.centers.params, [...expected, 4, 0]);
  expect([...loss.updateCounts]).toEqual([2, 0]);
});

it('radii are the least distances that hold the share; a class without rows keeps its own', () => {
  for (const [quantile, expected] of [
    [0.5, 8],
    [0.51, 52],
  ] as const) {
    const loss = new CenterLoss(2, 2, { init: [0, 0, 4, 0], radius: 0.25 });
    const radii = loss.fitRadius([2, 2, 4, 6], [0, 0], { quantile });
    expect([[...radii], loss.radii, loss.radius]).toEqual([[expected, 0.25], radii, Number.NaN]);
  }
});

it('a refused fitRadius leaves the radii as they were', () => {
  const loss = new CenterLoss(2, 2, { radius: 0.5 });
  expectErrors('ERR_OPTION', [
    [() => loss.fitRadius([1, 2], [0], { quantile: 2 }), 'quantile must be a number from 0 to 1'],
    [() => loss.fitRadius([1, 2], [0], untyped({ quantil: 1 })), 'there is no option "quantil"'],
    [() => loss.fitRadius(untyped(loss.batch(1)), [0], {}), 'fitRadius with a batch takes no target'],
  ]);
  expectError(() => loss.fitRadius([1, 2], [2]), 'ERR_LABEL', 'target[0] is 2');
  expect(loss.radius).toBe(0.5);
  expect([...loss.radii]).toEqual([0.5, 0.5]);
});

describe('the warning about centers that never move', () => {
  afterEach(() => void vi.restoreAllMocks());
  const train = (loss: CenterLoss, act: () => void, times = 150) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    warn.mockClear();
    for (let i = 0; i < times; i++) {
      loss.gradients([1, 2], [0]);
      act();
    }
    return warn.mock.calls.map(([message]) => String(message));
  };

  it('comes once, after a hundred gradients', () => {
    expect(train(new CenterLoss(2, 2), () => {})).toEqual([
      expect.stringMatching(/^center-loss: the centers have not moved in 100 calls of gradients\. Use step/),
    ]);
    expect(train(new CenterLoss(2, 2), () => {}, 99)).toEqual([]);
  });

  it('does not come if they move or are meant to stay', () => {
    const stepped = new CenterLoss(2, 2);
    expect(train(stepped, () => stepped.step([1, 2], [0]))).toEqual([]);
    // `update: false` means that the centers stay …
    const held = new CenterLoss(2, 2);
    const hold = () => held.softmaxCenter([1, 2], [0, 0], [0], { update: false });
    expect(train(held, () => void [hold(), hold()], 99)).toEqual([]);
    // … and does not count as a move after other calls.
    expect(train(held, hold, 1)).toHaveLength(1);
    const written = new CenterLoss(2, 2);
    expect(train(written, () => written.centers.params.set([(written.centers.params[0] as number) + 1]))).toEqual([]);
    expect(train(new CenterLoss(2, 2, { fixed: true }), () => {})).toEqual([]);
  });
});

it('a step without memory for its gradient moves nothing', () => {
  for (const rule of ['wen', 'ema', 'sgd'] as const) {
    const loss = new CenterLoss(2, 2, { metric: 'euclidean' });
    const before = loss.centers.params.slice();
    const whole = globalThis.Float32Array;
    globalThis.Float32Array = new Proxy(whole, {
      construct(type, given) {
        if (given[0] === 6) throw new RangeError('Array buffer allocation failed');
        return Reflect.construct(type, given) as object;
      },
    });
    try {
      expectError(() => loss.step([1, 2, 3, 4, 5, 6], [0, 1, 1], { rule }), 'ERR_OUT_OF_MEMORY', /for the result/);
    } finally {
      globalThis.Float32Array = whole;
    }
    expect(loss.centers.params).toEqual(before);
    expect([...loss.updateCounts]).toEqual([0, 0]);
  }
});

describe('refuses', () => {
  it.each([
    [{ metric: 'manhattan' }, 'ERR_OPTION', 'metric must be "sqeuclidean" or "euclidean" or "cosine", got "manhattan"'],
    [{ penalty: 'squared' }, 'ERR_OPTION', 'penalty must be "hinge" or "half-squared", got "squared"'],
    [{ radius: [1] }, 'ERR_SHAPE', 'radius has 1 values, but there are 2 classes'],
    [{ radius: [1, Number.NaN] }, 'ERR_OPTION', 'radius[1] must be a number from -1e30 on, got NaN'],
    [{ radius: null }, 'ERR_SHAPE', 'radius must be a Float32Array'],
    [{ classWeight: [1, 2, 3] }, 'ERR_SHAPE', 'classWeight has 3 values, but there are 2 classes'],
    [{ classWeight: [1, -1] }, 'ERR_OPTION', 'classWeight[1] must be a finite number ≥ 0, got -1'],
    [{ classWeight: [1e39, 1] }, 'ERR_OPTION', 'classWeight[0] must be a finite number ≥ 0, got 1e+39'],
    [{ init: new Uint8Array(3) }, 'ERR_SHAPE', 'init has 3 values, which is not a multiple of nDim = 2'],
    [{ init: new Uint8Array(6) }, 'ERR_SHAPE', 'init has 6 values, but 2 centers of 2 dimensions have 4'],
    [{ init: new Uint16Array(4) }, 'ERR_SHAPE', 'init is a Uint16Array: pass fromFloat16(init) if it holds the bits'],
  ] as const)('options %j', (options, code, message) => {
    expectError(() => new CenterLoss(2, 2, untyped(options)), code, message);
  });

  it.each([
    [{ rule: 'adam' }, 'rule must be "wen" or "mean" or "ema" or "sgd", got "adam"'],
    [{ alpha: -1 }, 'alpha must be a finite number ≥ 0, got -1'],
    [{ alpha: Number.NaN }, 'alpha must be a finite number ≥ 0, got NaN'],
    [{ alpha: 1e39 }, 'alpha must be a finite number ≥ 0, got 1e+39'],
    [{ alhpa: 1 }, 'there is no option "alhpa"; the options are rule, sampleWeight, alpha'],
    [{ rule: 'ema', alpha: 1 }, 'there is no option "alpha"; the options are rule, sampleWeight, momentum'],
    [{ momentum: 1 }, 'there is no option "momentum"; the options are rule, sampleWeight, alpha'],
    [{ rule: 'ema', momentum: 1.5 }, 'momentum must be a number from 0 to 1, got 1.5'],
    [{ rule: 'sgd', learningRate: Number.NaN }, 'learningRate must be a finite number ≥ 0, got NaN'],
    [{ rule: 'sgd', momentum: -1 }, 'momentum must be a finite number ≥ 0, got -1'],
    ['wen', 'options must be an object, got "wen"'],
  ])('step(%j), and stays as it was', (options, message) => {
    const loss = new CenterLoss(2, 2, { init: 'eye' });
    expectError(() => loss.step([1, 2], [0], untyped(options)), 'ERR_OPTION', message);
    expect([...loss.centers.params]).toEqual([1, 0, 0, 1]);
    expect([...loss.updateCounts]).toEqual([0, 0]);
  });

  it('rows and options of a call that do not fit', () => {
    const loss = new CenterLoss(2, 2);
    expectError(() => loss.evaluate(untyped(new BigInt64Array(2)), [0]), 'ERR_SHAPE', 'x must be a Float32Array');
    const gradients = (options: object) => () => loss.gradients([1, 2], [0], untyped(options));
    expectError(gradients({ centers: 'all' }), 'ERR_OPTION', 'centers must be "dense" or "touched", got "all"');
    expectError(gradients({ center: 1 }), 'ERR_OPTION', 'there is no option "center"');
  });

  it('a distance matrix with options that pytorch-ood lacks', () => {
    for (const options of [
      { metric: 'cosine' },
      { penalty: 'half-squared' },
      { radius: [1, 1] },
      { classWeight: [1, 1] },
    ] as const) {
      const loss = new CenterLoss(2, 2, options);
      expectError(() => loss.forward([1, 2], [0]), 'ERR_OPTION', /^forward takes squared distances and one radius/);
      expectError(() => loss.backward([1, 2], [0]), 'ERR_OPTION', /^backward takes/);
    }
  });
});
