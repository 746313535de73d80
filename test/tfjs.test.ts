// The bridge to TensorFlow.js, on its cpu backend.
import * as tf from '@tensorflow/tfjs';
import { CACLoss, CenterLoss, DeepSVDDLoss, type StepOptions } from 'center-loss';
import { type CenterLossTerm, centerLossTerm } from 'center-loss/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from './support/close.js';
import { expectErrors } from './support/error.js';

const values = [1, 2, 3, 4, 5, 6, 7, 8];
const x = () => tf.tensor2d(values, [2, 4]);
type Term = CenterLossTerm<tf.Scalar>;
/** ∂term/∂x */
const gradient = (term: Term, target: Parameters<Term>[1], rows: tf.Tensor = x()) =>
  tf
    .grad((x) => term(x, target))(rows)
    .dataSync();
const make = () => new CenterLoss(3, 4, { seed: 3, reduction: 'batch' });

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('centerLossTerm', () => {
  it('has the value and the gradient of the loss', () => {
    const loss = make();
    const term = centerLossTerm(tf, loss);
    const { value, grad } = tf.valueAndGrad((x) => term(x, [0, 2]).mul(3))(x());
    const expected = loss.gradients(values, [0, 2]);
    expectClose(value.dataSync(), [3 * expected.loss]);
    expectClose(
      grad.dataSync(),
      expected.gradX.map((v) => 3 * v),
    );
  });

  const cosine = { seed: 3, metric: 'cosine', penalty: 'half-squared' } as const;
  const apart = { init: 'normal', fixed: false, magnitude: 1, seed: 3 } as const;
  const cac = () => new CACLoss(3, 4, apart) as unknown as CenterLoss;
  it.each([
    ['its defaults', make, true, {}],
    ['α', make, { alpha: 0.25 }, { alpha: 0.25 }],
    [
      'another rule, metric and penalty',
      () => new CenterLoss(3, 4, cosine),
      { rule: 'ema', momentum: 0.75 },
      undefined,
    ],
    ['a loss that separates classes', cac, { learningRate: 0.1 }, undefined],
  ] as [string, () => CenterLoss, true | StepOptions, StepOptions?][])('steps with %s', (_, make, step, same) => {
    const [loss, twin] = [make(), make()];
    const [still, moving] = [centerLossTerm(tf, loss), centerLossTerm(tf, loss, { step } as never)];
    expectClose(gradient(still, [0, 2]), twin.gradients(values, [0, 2]).gradX);
    expectClose(moving(x(), [0, 2]).dataSync(), [twin.evaluate(values, [0, 2])]);
    expect(loss.centers.params).toEqual(twin.centers.params);
    expectClose(gradient(moving, [0, 2]), twin.step(values, [0, 2], same ?? (step as StepOptions)).gradX);
    expect(loss.centers.params).toEqual(twin.centers.params);
  });

  it('takes a loss that learns nothing', () => {
    const svdd = new DeepSVDDLoss(4);
    svdd.fitCenter(values);
    svdd.fitRadius(values);
    const distant = values.map((value, i) => value * (1 + i));
    const { gradX } = svdd.gradients(distant);
    expect(gradX.some((value) => value !== 0)).toBe(true);
    expectClose(gradient(centerLossTerm(tf, svdd), tf.tensor2d([0, 0], [2, 1]), tf.tensor2d(distant, [2, 4])), gradX);
  });

  const oneHot = (dtype: 'int32' | 'float32') => tf.tensor2d([0, 1, 0, 0, 0, 0], [2, 3], dtype);
  it.each([
    ['[B] int32', () => tf.tensor1d([1, -1], 'int32')],
    ['[B] float32', () => tf.tensor1d([1, -1], 'float32')],
    ['[B, 1] int32', () => tf.tensor2d([1, -1], [2, 1], 'int32')],
    ['[B, 1] float32', () => tf.tensor2d([1, -1], [2, 1], 'float32')],
    ['one-hot int32', () => oneHot('int32')],
    ['one-hot float32', () => oneHot('float32')],
    ['one-hot bool', () => oneHot('int32').toBool()],
    ['a typed array', () => Int32Array.of(1, -1)],
  ])('takes labels as %s', (_, target) => {
    const loss = make();
    expectClose(gradient(centerLossTerm(tf, loss), target()), loss.gradients(values, [1, -1]).gradX);
  });

  it('leaves no tensor behind', () => {
    const term = centerLossTerm(tf, make(), { step: true });
    const [rows, target] = [x(), oneHot('int32')];
    const before = tf.memory().numTensors;
    tf.tidy(() => void tf.grad((x) => term(x, target))(rows));
    term(rows, target).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses what it cannot take, and moves nothing then', () => {
    const loss = make();
    const before = loss.centers.toArray();
    const term = centerLossTerm(tf, loss, { step: true }) as (x: unknown, target: unknown) => tf.Scalar;
    const t = (shape: number[]) => tf.zeros(shape);
    expectErrors('ERR_SHAPE', [
      [() => term(t([4, 2]), [0, 2]), 'x has the shape [4,2]; expected [B, nDim = 4]'],
      [() => term(t([8]), [0, 2]), 'x has the shape [8]'],
      [() => term(null, [0, 2]), 'x must be a tensor [B, nDim], got null'],
      [() => term(values, [0, 2]), 'x must be a tensor [B, nDim]'],
      [() => term(x(), t([3])), 'target has the shape [3]; expected [2], [2, 1] or one-hot [2, nClasses = 3]'],
      [() => term(x(), t([2, 2])), 'target has the shape [2,2]'],
      [() => term(x(), t([1, 2])), 'target has the shape [1,2]'],
      [() => term(x(), t([])), 'target has the shape []'],
      [() => term(x(), t([2, 1, 1])), 'target has the shape [2,1,1]'],
      [() => term(x(), [0]), 'target has 1 labels'],
    ]);
    const soft = tf.tensor2d([0, 1, 0, 0, 0.5, 0.5], [2, 3]);
    const twice = tf.tensor2d([0, 1, 1, 1, 0, 0], [2, 3]);
    expectErrors('ERR_LABEL', [
      [() => term(x(), [0, 3]), 'target[1] is 3'],
      [() => term(x(), soft), 'row 1 of the one-hot target is [0,0.5,0.5]'],
      [() => term(x(), twice), 'row 0 of the one-hot target is [0,1,1]'],
      [() => term(x(), null), 'target must be'],
      [() => term(x(), undefined), 'target must be'],
    ]);
    const svdd = new DeepSVDDLoss(4, { center: new Float32Array(4) });
    const create = (...all: unknown[]) => centerLossTerm(...(all as Parameters<typeof centerLossTerm<tf.Scalar>>));
    expectErrors('ERR_OPTION', [
      [() => create(undefined, loss), 'tf must be TensorFlow.js'],
      [() => create({ tensor() {} }, loss), 'tf must be TensorFlow.js'],
      [() => create(tf, null), 'loss must be a loss of this package'],
      [() => create(tf, new Date()), 'loss must be a loss of this package'],
      [() => create(tf, loss, null), 'options must be an object'],
      [() => create(tf, loss, { alpha: 1 }), 'there is no option "alpha"; the options are step'],
      [() => create(tf, loss, { step: 'wen' }), 'step must be true, false or the options of loss.step, got "wen"'],
      [() => create(tf, loss, { step: null }), 'step must be true, false'],
      [() => create(tf, svdd, { step: true }), 'this loss learns no centers'],
      [() => gradient(create(tf, loss, { step: { rule: 'sgd', alpha: 1 } }), [0, 1]), 'there is no option "alpha"'],
    ]);
    expect(loss.centers.params).toEqual(before);
    expect([...loss.updateCounts]).toEqual([0, 0, 0]);
  });
});

describe('centers move in training only', () => {
  const [rows, width] = [12, 5];
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 3);
  /** Number of steps that have moved the first center: each batch here has every class equally often. */
  const steps = (loss: CenterLoss, batch = rows) => (loss.updateCounts[0] as number) / (batch / 3);

  it('in minimize and variableGrads, not in a forward pass', () => {
    const loss = make();
    const term = centerLossTerm(tf, loss, { step: true });
    const weights = tf.variable(tf.randomNormal([width, 4], 0, 1, 'float32', 1));
    const input = tf.randomNormal<tf.Rank.R2>([rows, width], 0, 1, 'float32', 2);
    const value = () => term(tf.matMul(input, weights), labels);
    value();
    expect(steps(loss)).toBe(0);
    tf.variableGrads(value);
    expect(steps(loss)).toBe(1);
    const optimizer = tf.train.sgd(0.1);
    for (let i = 0; i < 3; i++) optimizer.minimize(value);
    expect(steps(loss)).toBe(4);
    // No gradient flows through constants, so that there is no backward pass.
    const constant = tf.matMul(input, weights);
    const other = tf.variable(tf.scalar(1));
    optimizer.minimize(() => term(constant, labels).add(other.square()) as tf.Scalar, false, [other]);
    expect(steps(loss)).toBe(4);
  });

  it.each(['[B]', '[B, 1]', 'one-hot'])(
    'in model.fit with labels %s, not in its validation nor in evaluate',
    async (form) => {
      const loss = make();
      const term = centerLossTerm(tf, loss, { step: { alpha: 0.25 } });
      const input = tf.input({ shape: [width] });
      const hidden = tf.layers.dense({ units: 4 }).apply(input) as tf.SymbolicTensor;
      // The target of an output must have its width, and reshape leaves the width open.
      const features = tf.layers.reshape({ targetShape: [-1] }).apply(hidden) as tf.SymbolicTensor;
      const logits = tf.layers.dense({ units: 3, activation: 'softmax' }).apply(hidden) as tf.SymbolicTensor;
      const model = tf.model({ inputs: input, outputs: [features, logits] });
      const entropy = form === 'one-hot' ? 'categoricalCrossentropy' : 'sparseCategoricalCrossentropy';
      model.compile({ optimizer: tf.train.sgd(0.1), loss: [(y, x) => term(x, y).mul(0.1), entropy as never] });
      const data = tf.randomNormal([rows, width], 0, 1, 'float32', 2);
      const flat = tf.tensor1d(labels, 'float32');
      const y = {
        '[B]': flat,
        '[B, 1]': flat.reshape([rows, 1]),
        'one-hot': tf.oneHot(tf.tensor1d(labels, 'int32'), 3),
      }[form] as tf.Tensor;
      model.evaluate(data, [y, y]);
      await model.predict(data);
      expect(steps(loss)).toBe(0);
      const validationData = [data, [y, y]] as never;
      await model.fit(data, [y, y], { epochs: 2, batchSize: 6, shuffle: false, verbose: 0, validationData });
      expect(steps(loss, 6)).toBe(4);
      model.evaluate(data, [y, y]);
      expect(steps(loss, 6)).toBe(4);
      const dataset = tf.data.array([{ xs: data, ys: [y, y] }] as never) as never;
      await model.fitDataset(dataset, { epochs: 1, verbose: 0 });
      expect(steps(loss, 6)).toBe(6);
    },
  );
});
