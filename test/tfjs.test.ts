// The bridge to TensorFlow.js, on its cpu backend.
import * as tf from '@tensorflow/tfjs';
import { CACLoss, CenterLoss, DeepSVDDLoss, type StepOptions } from 'center-loss';
import { centerLossTerm } from 'center-loss/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from './support/close.js';
import { expectError, expectErrors } from './support/error.js';

const values = [1, 2, 3, 4, 5, 6, 7, 8];
const x = () => tf.tensor2d(values, [2, 4]);
type Term = ReturnType<typeof centerLossTerm>;
/** ∂term/∂x */
const gradient = (term: Term, target: Parameters<Term>[1], rows = x()) =>
  tf
    .grad((x) => term(x as tf.Tensor2D, target))(rows)
    .dataSync();
const make = () => new CenterLoss(3, 4, { seed: 3, reduction: 'batch' });

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('centerLossTerm', () => {
  it('has the value and the gradient of the loss', () => {
    const loss = make();
    const term = centerLossTerm(tf, loss, { update: false });
    const { value, grad } = tf.valueAndGrad((x) => term(x as tf.Tensor2D, [0, 2]).mul(3))(x());
    const expected = loss.gradients(values, [0, 2]);
    expectClose(value.dataSync(), [3 * expected.loss]);
    expectClose(
      grad.dataSync(),
      expected.gradX.map((v) => 3 * v),
    );
  });

  it('moves the centers in the same pass, and takes labels as a tensor', () => {
    const [loss, twin] = [make(), make()];
    const term = centerLossTerm(tf, loss, { alpha: 0.25 });
    const grad = gradient(term, tf.tensor1d([1, -1], 'int32'));
    const step = twin.step(values, [1, -1], { alpha: 0.25 });
    expectClose(grad, step.gradX);
    expect(loss.centers.params).toEqual(twin.centers.params);
  });

  const cosine = { seed: 3, metric: 'cosine', penalty: 'half-squared' } as const;
  const apart = { init: 'normal', fixed: false, magnitude: 1, seed: 3 } as const;
  it.each([
    ['another metric and penalty', () => new CenterLoss(3, 4, cosine), { rule: 'ema', momentum: 0.75 }],
    ['a loss that separates classes', () => new CACLoss(3, 4, apart) as unknown as CenterLoss, { learningRate: 0.1 }],
  ] as [string, () => CenterLoss, StepOptions][])('takes %s, with the options of the step', (_, make, step) => {
    const [loss, twin] = [make(), make()];
    expectClose(gradient(centerLossTerm(tf, loss, { step }), [0, 2]), twin.step(values, [0, 2], step).gradX);
    expect(loss.centers.params).toEqual(twin.centers.params);
    const { gradX } = twin.gradients(values, [0, 2]);
    expectClose(gradient(centerLossTerm(tf, loss, { update: false }), [0, 2]), gradX);
    expect(loss.centers.params).toEqual(twin.centers.params);
  });

  it('takes a loss that learns nothing', () => {
    const svdd = new DeepSVDDLoss(4);
    svdd.fitCenter(values);
    svdd.fitRadius(values);
    const distant = values.map((value, i) => value * (1 + i));
    const { gradX } = svdd.gradients(distant);
    expect(gradX.some((value) => value !== 0)).toBe(true);
    expectClose(gradient(centerLossTerm(tf, svdd), [0, 0], tf.tensor2d(distant, [2, 4])), gradX);
  });

  it('takes any loss that has gradients, and steps if it can', () => {
    const seen: unknown[] = [];
    const result = { loss: 2, gradX: Float32Array.from(values) };
    const without = { nDim: 4, gradients: () => result };
    expectClose(gradient(centerLossTerm(tf, without), [0, 1]), values);
    const step = (...all: unknown[]) => {
      seen.push(all[2]);
      return result;
    };
    const term = centerLossTerm(tf, { ...without, step }, { step: { learningRate: 0.1 } });
    expect(term(x(), [0, 1]).dataSync()[0]).toBe(2);
    centerLossTerm(tf, { ...without, step })(x(), [0, 1]);
    centerLossTerm(tf, { ...without, step }, { update: false })(x(), [0, 1]);
    expect(seen).toEqual([{ learningRate: 0.1 }, {}]);
    expectErrors('ERR_OPTION', [
      [() => centerLossTerm(tf, without, { update: true }), 'this loss has no step'],
      [() => centerLossTerm(tf, make(), { step: 1 as never }), 'step must be an object of options'],
    ]);
  });

  it('leaves no tensor behind', () => {
    const term = centerLossTerm(tf, make());
    const rows = x();
    const before = tf.memory().numTensors;
    tf.tidy(() => void tf.grad((x) => term(x as tf.Tensor2D, [0, 2]))(rows));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses another shape of as many values, and unknown options', () => {
    const term = centerLossTerm(tf, make());
    expectError(
      () => term(tf.tensor2d(values, [4, 2]), [0, 2]),
      'ERR_SHAPE',
      'x has the shape [4, 2]; expected [B, nDim = 4]',
    );
    expectError(() => term(x(), [0, 3]), 'ERR_LABEL', 'target[1] is 3');
    expectErrors('ERR_OPTION', [
      [() => centerLossTerm(tf, make(), { update: 'no' } as never), 'update must be true or false'],
      [() => centerLossTerm(tf, make(), { alpha: -1 }), 'alpha must be a finite number ≥ 0'],
      [() => centerLossTerm(tf, make(), { alfa: 1 } as never), 'there is no option "alfa"'],
    ]);
  });
});
