// Softmax cross-entropy, and that with center loss in one call.
import { CenterLoss, type CenterLossOptions, softmaxCrossEntropy, softmaxCrossEntropyPerRow } from 'center-loss';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { losses, values } from '../oracle/cases.js';
import { reduction } from '../support/arbitrary.js';
import { expectClose } from '../support/close.js';
import { expectError, expectErrors } from '../support/error.js';

const untyped = (value: unknown) => value as never;

describe('softmaxCrossEntropy', () => {
  it.each(losses.crossEntropy)('is torch.nn.CrossEntropyLoss, smoothing $labelSmoothing, $C classes', (one) => {
    const { C, y, labelSmoothing, classWeight } = one;
    const [logits, options] = [values(one.x, y.length * C), { labelSmoothing, classWeight }];
    const actual = softmaxCrossEntropy(logits, y, C, options);
    expectClose(actual.loss, one.loss);
    expectClose(softmaxCrossEntropyPerRow(logits, y, C, options), one.perRow);
    expectClose(actual.gradLogits, one.gradX, { absolute: 1e-7 });
  });

  it('is exact for logits of ±10000', () => {
    const { loss, gradLogits } = softmaxCrossEntropy([1e4, -1e4, -1e4, 1e4], [1, 1], 2);
    expectClose(loss, 1e4);
    expectClose(gradLogits, [0.5, -0.5, 0, 0]);
    expect(softmaxCrossEntropy([1e4, -1e4], [0], 2).loss).toBe(0);
  });

  it('keeps a row with NaN away from all others', () => {
    const whole = softmaxCrossEntropy([1, 2, 3, 4, 5, 7], [0, 1, 1], 2);
    const { loss, gradLogits } = softmaxCrossEntropy([1, 2, Number.NaN, 4, 5, 7], [0, 1, 1], 2);
    expect(loss).toBeNaN();
    expect([...gradLogits.subarray(2, 4)]).toEqual([0, 0]);
    expect([gradLogits[0], gradLogits[5]]).toEqual([whole.gradLogits[0], whole.gradLogits[5]]);
    const without = softmaxCrossEntropy([1, 2, 3, 4, 5, 7], [0, -1, 1], 2);
    expect(softmaxCrossEntropy([1, 2, Number.NaN, 4, 5, 7], [0, -1, 1], 2)).toEqual(without);
    const sampleWeight = [1, 0, 1];
    expect(softmaxCrossEntropy([1, 2, Number.NaN, 4, 5, 7], [0, 1, 1], 2, { sampleWeight })).toEqual(without);
  });

  it('is 0 without rows', () => {
    expect(softmaxCrossEntropy([], [], 3)).toEqual({ loss: 0, gradLogits: new Float32Array(0) });
    expect(softmaxCrossEntropy([Number.NaN, 1, 2], [-1], 3)).toEqual({ loss: 0, gradLogits: new Float32Array(3) });
    const nothing = softmaxCrossEntropy([3, 1, 2], [0], 3, { classWeight: [0, 1, 1] });
    expect(nothing).toEqual({ loss: 0, gradLogits: new Float32Array(3) });
  });

  it('gives the loss of each row beside rows that have none', () => {
    const logits = [0, 0, Number.NaN, 4, 5, 5, 1, 1];
    const log2 = Math.fround(Math.log(2));
    const options = { sampleWeight: [2, 1, 0, 1] };
    expect([...softmaxCrossEntropyPerRow(logits, [0, 1, 1, -1], 2, options)]).toEqual([2 * log2, Number.NaN, 0, 0]);
    // The mean of a batch whose classes weigh nothing is 0, but not its smoothed rows.
    const smoothed = { labelSmoothing: 1, classWeight: [0, 1] };
    expectClose(softmaxCrossEntropyPerRow([0, 0], [0], 2, smoothed), [log2 / 2]);
    expect(softmaxCrossEntropy([0, 0], [0], 2, smoothed)).toEqual({ loss: 0, gradLogits: new Float32Array(2) });
    expectError(
      () => softmaxCrossEntropyPerRow([1, 2], [0], 2, untyped({ out: {} })),
      'ERR_OPTION',
      'there is no option "out"; the options are labelSmoothing, classWeight, sampleWeight, names',
    );
  });

  it('refuses bad input', () => {
    const call = (options: unknown) => () => softmaxCrossEntropy([1, 2, 3, 4], [0, 1], 2, untyped(options));
    expectError(call({ labelSmoothing: 1.1 }), 'ERR_OPTION', 'labelSmoothing must be a number from 0 to 1, got 1.1');
    expectError(call({ classWeight: [1] }), 'ERR_SHAPE', 'classWeight has 1 values, but there are 2 classes');
    expectError(call({ sampleWeight: [1, -2] }), 'ERR_OPTION', 'sampleWeight[1] must be a finite number ≥ 0, got -2');
    expectError(call({ weight: [1, 1] }), 'ERR_OPTION', 'there is no option "weight"');
    expectError(() => softmaxCrossEntropy([1, 2, 3], [0], 2), 'ERR_SHAPE', 'not a multiple of nClasses = 2');
    expectError(() => softmaxCrossEntropy([1, 2], [2], 2), 'ERR_LABEL', 'target[0] is 2, but there are 2 classes');
    expectError(() => softmaxCrossEntropy([1, 2], [0, 1], 2), 'ERR_SHAPE', 'but target has 2 labels');
    expectError(() => softmaxCrossEntropy([1, 2], [0], 0), 'ERR_OPTION', 'nClasses must be a positive integer');
    expectError(() => softmaxCrossEntropy([1, 2], untyped(undefined), 2), 'ERR_LABEL', /must be an array/);
  });
});

describe('softmaxCenter', () => {
  const x = [1, 2, 3, 4, 0, 1];
  const logits = [0.5, -1, 2, 1, 1, 0];
  const target = [0, 1, -1];
  const make = (options: CenterLossOptions = {}) =>
    new CenterLoss(2, 2, { init: Float32Array.of(0, 0, 5, 5), reduction: 'batch', ...options });

  it('adds both losses, with λ in the loss and in ∂/∂x', () => {
    fc.assert(
      fc.property(reduction, fc.double({ min: 0, max: 2, noNaN: true }), (reduction, lambda) => {
        const [loss, twin] = [make({ reduction }), make({ reduction })];
        const expected = twin.step(x, target, { alpha: 0.3 });
        const softmax = softmaxCrossEntropy(logits, target, 2, { labelSmoothing: 0.1, classWeight: [1, 3] });
        const options = { lambda, labelSmoothing: 0.1, classWeight: [1, 3], alpha: 0.3 };
        const actual = loss.softmaxCenter(x, logits, target, options);
        expect([actual.softmax, actual.center]).toEqual([softmax.loss, expected.loss]);
        expectClose(actual.loss, softmax.loss + lambda * expected.loss, { relative: 1e-12 });
        expect(actual.gradLogits).toEqual(softmax.gradLogits);
        expect(actual.gradX).toEqual(expected.gradX.map((value) => value * lambda));
        expect(loss.centers.params).toEqual(twin.centers.params);
        loss.dispose();
        twin.dispose();
      }),
      { numRuns: 20 },
    );
  });

  it('has the rules, the weights and the half precision of its parts', () => {
    const classWeight = [1, 2];
    const sampleWeight = [0.5, 2, 1];
    for (const rule of [
      { rule: 'mean', alpha: 1 },
      { rule: 'ema', momentum: 0.5 },
      { rule: 'sgd', learningRate: 0.2, momentum: 0.9 },
    ] as const) {
      const [loss, twin] = [make({ classWeight }), make({ classWeight })];
      for (let time = 0; time < 2; time++) {
        const center = twin.step(x, target, { ...rule, sampleWeight });
        const softmax = softmaxCrossEntropy(logits, target, 2, { sampleWeight });
        const all = { ...rule, sampleWeight, lambda: 1 };
        const actual = loss.softmaxCenter(x, logits, target, all);
        expect(actual).toEqual({
          ...{ softmax: softmax.loss, center: center.loss, loss: softmax.loss + center.loss },
          ...{ gradX: center.gradX, gradLogits: softmax.gradLogits },
        });
        expect(loss.centers.params).toEqual(twin.centers.params);
      }
      expect([...loss.updateCounts]).toEqual([2, 2]);
    }
  });

  it('leaves the centers where they are with update: false', () => {
    const loss = make();
    const moved = make().softmaxCenter(x, logits, target);
    expect(loss.softmaxCenter(x, logits, target, { update: false, rule: 'wen', alpha: 0.5 })).toEqual(moved);
    expect([...loss.centers.params]).toEqual([0, 0, 5, 5]);
    expect(moved.loss).toBe(moved.softmax + 0.01 * moved.center);
  });

  it('is 0 without known rows', () => {
    const loss = make();
    const nothing = { loss: 0, softmax: 0, center: 0, gradX: new Float32Array(2), gradLogits: new Float32Array(2) };
    expect(loss.softmaxCenter([Number.NaN, 1], [Number.NaN, 1], [-1])).toEqual(nothing);
    expect([...loss.centers.params]).toEqual([0, 0, 5, 5]);
  });

  it('refuses bad input and leaves the centers as they were', () => {
    const loss = make();
    const call = (options: unknown) => () => loss.softmaxCenter(x, logits, target, untyped(options));
    expectError(call({ lambda: -1 }), 'ERR_OPTION', 'lambda must be a number from 0 to 1e30, got -1');
    expectError(call({ update: 1 }), 'ERR_OPTION', 'update must be true or false, got 1');
    expectError(call({ alfa: 1 }), 'ERR_OPTION', 'there is no option "alfa"');
    expectError(call({ alfa: 1, update: false }), 'ERR_OPTION', 'there is no option "alfa"');
    expectError(call({ alpha: -1 }), 'ERR_OPTION', 'alpha must be a finite number ≥ 0, got -1');
    expectError(call({ labelSmoothing: 2 }), 'ERR_OPTION', /labelSmoothing must be/);
    expectError(call(null), 'ERR_OPTION', 'options must be an object, got null');
    expectErrors('ERR_SHAPE', [
      [() => loss.softmaxCenter(x, [1, 2], target), 'logits has 1 rows of 2 values, but target has 3'],
      [() => loss.softmaxCenter([1, 2], logits, target), 'x has 1 rows of 2 values, but target has 3'],
    ]);
    expectError(() => loss.softmaxCenter(x, logits, [0, 1, 2]), 'ERR_LABEL', 'target[2] is 2, but there are 2 classes');
    expect([...loss.centers.params]).toEqual([0, 0, 5, 5]);
    loss.dispose();
    expectError(() => loss.softmaxCenter(x, logits, target), 'ERR_DISPOSED', 'this CenterLoss was disposed');
  });

  describe('with a batch', () => {
    const filled = (loss: CenterLoss) => {
      const batch = loss.batch(3, { logits: true });
      batch.x.set(x);
      batch.logits.set(logits);
      batch.target.set(target);
      return batch;
    };

    it('gives the same results as for copied rows, as views', () => {
      for (const options of [
        {},
        { update: false, lambda: 0.5 },
        { labelSmoothing: 0.1, classWeight: [1, 3], sampleWeight: [0.5, 2, 1], rule: 'mean', alpha: 1 } as const,
      ]) {
        const [loss, twin] = [make(), make()];
        const batch = filled(loss);
        for (let time = 0; time < 2; time++) {
          const expected = twin.softmaxCenter(x, logits, target, options);
          const actual = loss.softmaxCenter(batch, options);
          expect({ ...actual }).toEqual(expected);
          expect(actual.gradX).toBe(batch.gradX);
          expect(actual.gradLogits).toBe(batch.gradLogits);
          expect(loss.centers.params).toEqual(twin.centers.params);
        }
        expect([...batch.logits]).toEqual(logits);
        expect(JSON.parse(JSON.stringify(batch))).toEqual({ rows: 3, nClasses: 2, nDim: 2, x, target, logits });
        for (const gone of [batch, loss, twin]) gone.dispose();
        expectError(() => batch.logits, 'ERR_DISPOSED', 'this Batch was disposed');
        expectError(() => batch.gradLogits, 'ERR_DISPOSED', 'this Batch was disposed');
      }
    });

    it('keeps its views through growth of the memory', () => {
      const loss = make();
      const batch = filled(loss);
      const held = Array.from({ length: 3 }, () => new CenterLoss(1000, 1000));
      expect([...batch.logits]).toEqual(logits);
      expect({ ...loss.softmaxCenter(batch) }).toEqual(make().softmaxCenter(x, logits, target));
      for (const one of held) one.dispose();
    });

    it('refuses batches that do not fit, and leaves batch and centers as they were', () => {
      const loss = make();
      const batch = filled(loss);
      batch.gradLogits.fill(7);
      const gone = filled(loss);
      gone.dispose();
      const none = 'the batch has no logits: make it by batch(rows, { logits: true })';
      const taken = 'softmaxCenter with a batch takes no logits and target: the batch holds them';
      const other = new CenterLoss(3, 2).batch(3, { logits: true });
      batch.target[1] = 2;
      expectErrors('ERR_OPTION', [
        [() => loss.softmaxCenter(loss.batch(3)), none],
        [() => loss.batch(3).logits, none],
        [() => loss.batch(3).gradLogits, none],
        [() => loss.softmaxCenter(batch, untyped(logits)), taken],
        [() => (loss.softmaxCenter as (...all: unknown[]) => unknown)(batch, {}, target), taken],
        [() => loss.softmaxCenter(batch, untyped({ alfa: 1 })), 'there is no option "alfa"'],
        [() => loss.softmaxCenter(batch, untyped(null)), 'options must be an object, got null'],
        [() => loss.softmaxCenter(batch, { labelSmoothing: 2 }), /labelSmoothing must be/],
        [() => loss.batch(3, untyped({ logit: true })), 'there is no option "logit"; the options are logits'],
        [() => loss.batch(3, untyped({ logits: 1 })), 'logits must be true or false, got 1'],
      ]);
      expectErrors('ERR_SHAPE', [
        [() => loss.softmaxCenter(other), 'the batch was made for 3 classes in 2 dimensions, not for 2 in 2'],
        [() => loss.softmaxCenter(batch, { sampleWeight: [1] }), 'sampleWeight has 1 values, but there are 3 rows'],
        [() => loss.softmaxCenter(batch, { classWeight: [1] }), 'classWeight has 1 values, but there are 2 classes'],
      ]);
      expectError(() => loss.softmaxCenter(batch), 'ERR_LABEL', 'target[1] is 2, but there are 2 classes');
      expectError(() => loss.softmaxCenter(gone), 'ERR_DISPOSED', 'this Batch was disposed');
      expect([...batch.gradLogits]).toEqual([7, 7, 7, 7, 7, 7]);
      expect([...loss.centers.params]).toEqual([0, 0, 5, 5]);
      // An empty batch has no loss.
      expect({ ...loss.softmaxCenter(loss.batch(0, { logits: true })) }).toMatchObject({
        loss: 0,
        softmax: 0,
        center: 0,
      });
    });
  });

  it('ignores rows of no class in the softmax where the loss allows them', () => {
    const loss = make({ labels: 'lenient' });
    const { softmax } = loss.softmaxCenter(x, logits, [0, 1, 7]);
    expect(softmax).toBe(softmaxCrossEntropy(logits, target, 2).loss);
  });
});
