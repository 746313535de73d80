// The bridge to TensorFlow.js, on its cpu backend.
import * as tf from '@tensorflow/tfjs';
import { CACLoss, CenterLoss, DeepSVDDLoss } from 'center-loss';
import { centerLossTerm } from 'center-loss/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from './support/close.js';
import { expectError } from './support/error.js';

const values = [1, 2, 3, 4, 5, 6, 7, 8];
const make = () => new CenterLoss(3, 4, { seed: 3, reduction: 'batch' });

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('centerLossTerm', () => {
  it('has the value and the gradient of the loss', () => {
    const loss = make();
    const term = centerLossTerm(tf, loss, { update: false });
    const x = tf.tensor2d(values, [2, 4]);
    const { value, grad } = tf.valueAndGrad((x) => term(x as tf.Tensor2D, [0, 2]).mul(3))(x);
    const expected = loss.gradients(values, [0, 2]);
    expectClose(value.dataSync(), [3 * expected.loss]);
    expectClose(
      grad.dataSync(),
      expected.gradX.map((v) => 3 * v),
    );
  });

  it('moves the centers in the same pass, and takes labels as a tensor', () => {
    const [loss, twin] = [make(), make()];
    const x = tf.tensor2d(values, [2, 4]);
    const term = centerLossTerm(tf, loss, { alpha: 0.25 });
    const grad = tf.grad((x) => term(x as tf.Tensor2D, tf.tensor1d([1, -1], 'int32')))(x);
    const step = twin.step(values, [1, -1], { alpha: 0.25 });
    expectClose(grad.dataSync(), step.gradX);
    expect(loss.centers.params).toEqual(twin.centers.params);
  });

  it('trains: rows go to their centers', () => {
    const loss = new CenterLoss(2, 2, { init: 'eye', magnitude: 4, fixed: true, reduction: 'batch' });
    const weights = tf.variable(tf.randomNormal([3, 2], 0, 1, 'float32', 7));
    const inputs = tf.tensor2d([1, 0, 0, 0, 1, 0, 1, 0, 1], [3, 3]);
    const term = centerLossTerm(tf, loss);
    const optimizer = tf.train.sgd(0.2);
    const cost = () => term(tf.matMul(inputs, weights) as tf.Tensor2D, [0, 1, 0]);
    const before = cost().dataSync()[0] ?? 0;
    for (let i = 0; i < 50; i++) optimizer.minimize(cost);
    expect(cost().dataSync()[0]).toBeLessThan(before / 1000);
  });

  it('takes another metric and penalty, with the options of the step', () => {
    const options = { seed: 3, metric: 'cosine', penalty: 'half-squared' } as const;
    const [loss, twin] = [new CenterLoss(3, 4, options), new CenterLoss(3, 4, options)];
    const x = tf.tensor2d(values, [2, 4]);
    const step = { rule: 'ema', momentum: 0.75 } as const;
    const term = centerLossTerm(tf, loss, { step });
    const grad = tf.grad((x) => term(x as tf.Tensor2D, [1, 2]))(x);
    expectClose(grad.dataSync(), twin.step(values, [1, 2], step).gradX);
    expect(loss.centers.params).toEqual(twin.centers.params);
    expect([...loss.updateCounts]).toEqual([0, 1, 1]);
    const { gradX } = twin.gradients(values, [1, 2]);
    const still = centerLossTerm(tf, loss, { update: false });
    expectClose(
      tf
        .grad((x) => still(x as tf.Tensor2D, [1, 2]))(x)
        .dataSync(),
      gradX,
    );
    expect(loss.centers.params).toEqual(twin.centers.params);
  });

  it('takes the losses that separate classes, and one that learns nothing', () => {
    const x = tf.tensor2d(values, [2, 4]);
    const options = { init: 'normal', fixed: false, magnitude: 1, seed: 3 } as const;
    const [loss, twin] = [new CACLoss(3, 4, options), new CACLoss(3, 4, options)];
    const step = { learningRate: 0.1 };
    const term = centerLossTerm(tf, loss, { step });
    const grad = tf.grad((x) => term(x as tf.Tensor2D, [0, 2]))(x);
    expectClose(grad.dataSync(), twin.step(values, [0, 2], step).gradX);
    expect(loss.centers.params).toEqual(twin.centers.params);
    const svdd = new DeepSVDDLoss(4);
    svdd.fitCenter(values);
    svdd.fitRadius(values);
    const distant = tf.tensor2d(
      values.map((value, i) => value * (1 + i)),
      [2, 4],
    );
    const ofSvdd = tf.grad((x) => centerLossTerm(tf, svdd)(x as tf.Tensor2D, [0, 0]))(distant);
    const { gradX } = svdd.gradients(distant.dataSync() as Float32Array);
    expect(gradX.some((value) => value !== 0)).toBe(true);
    expectClose(ofSvdd.dataSync(), gradX);
  });

  it('takes any loss that has gradients, and steps if it can', () => {
    const x = tf.tensor2d(values, [2, 4]);
    const seen: unknown[] = [];
    const result = { loss: 2, gradX: Float32Array.from(values) };
    const without = { nDim: 4, gradients: () => result };
    expectClose(
      tf
        .grad((x) => centerLossTerm(tf, without)(x as tf.Tensor2D, [0, 1]))(x)
        .dataSync(),
      values,
    );
    const step = (...all: unknown[]) => {
      seen.push(all[2]);
      return result;
    };
    const term = centerLossTerm(tf, { ...without, step }, { step: { learningRate: 0.1 } });
    expect(term(x, [0, 1]).dataSync()[0]).toBe(2);
    centerLossTerm(tf, { ...without, step })(x, [0, 1]);
    centerLossTerm(tf, { ...without, step }, { update: false })(x, [0, 1]);
    expect(seen).toEqual([{ learningRate: 0.1 }, {}]);
    expectError(() => centerLossTerm(tf, without, { update: true }), 'ERR_OPTION', 'this loss has no step');
    expectError(
      () => centerLossTerm(tf, make(), { step: 1 as never }),
      'ERR_OPTION',
      'step must be an object of options',
    );
  });

  it('leaves no tensor behind', () => {
    const term = centerLossTerm(tf, make());
    const x = tf.tensor2d(values, [2, 4]);
    const before = tf.memory().numTensors;
    tf.tidy(() => void tf.grad((x) => term(x as tf.Tensor2D, [0, 2]))(x));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses another shape of as many values, and unknown options', () => {
    const term = centerLossTerm(tf, make());
    expectError(
      () => term(tf.tensor2d(values, [4, 2]), [0, 2]),
      'ERR_SHAPE',
      'x has the shape [4, 2]; expected [B, nDim = 4]',
    );
    expectError(() => term(tf.tensor2d(values, [2, 4]), [0, 3]), 'ERR_LABEL', 'target[1] is 3');
    expectError(
      () => centerLossTerm(tf, make(), { update: 'no' } as never),
      'ERR_OPTION',
      'update must be true or false',
    );
    expectError(() => centerLossTerm(tf, make(), { alpha: -1 }), 'ERR_OPTION', 'alpha must be a finite number ≥ 0');
    expectError(() => centerLossTerm(tf, make(), { alfa: 1 } as never), 'ERR_OPTION', 'there is no option "alfa"');
  });
});
