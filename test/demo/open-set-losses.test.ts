import * as tf from '@tensorflow/tfjs';
import { CACLoss } from 'center-loss';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../../demo/backend.js';
import { circle, objective, termOf } from '../../demo/open-set/losses.js';
import { METHODS, SHARED } from '../../demo/open-set/settings.js';

beforeAll(startBackend);

const settings = { ...SHARED, epochs: 1 };
const labels = Int32Array.of(0, 5, 2, 2, 3);
const rows = (width: number, seed: number) => tf.randomNormal([5, width], 0, 5, 'float32', seed) as tf.Tensor2D;

/** CAC from the operations of TensorFlow.js, with their gradients. */
function reference(x: tf.Tensor2D, anchors: Float32Array, lambda: number): tf.Scalar {
  const nClasses = anchors.length / x.shape[1];
  const difference = tf.sub(tf.expandDims(x, 1), tf.tensor3d(anchors, [1, nClasses, x.shape[1]]));
  const distances = tf.sqrt(tf.sum(tf.square(difference), 2)) as tf.Tensor2D;
  const own = tf.oneHot(tf.tensor1d(labels, 'int32'), nClasses);
  const tuplet = tf.losses.softmaxCrossEntropy(own, tf.neg(distances));
  const anchor = tf.div(tf.sum(tf.mul(distances, own)), labels.length);
  return tf.add(tuplet, tf.mul(anchor, lambda));
}

test.each([
  ['six axes', 6, 'anchors' as const],
  ['a circle', 2, circle(6)],
])('CAC with anchors on %s has the value and the gradient of TensorFlow.js', (_, width, init) => {
  const loss = new CACLoss(6, width, { lambda: 0.1, magnitude: 10, init });
  const anchors = loss.centers.params.slice();
  const x = rows(width, 3);
  const [ours, theirs] = [
    tf.valueAndGrad((x) => termOf(loss)(x as tf.Tensor2D, labels))(x),
    tf.valueAndGrad((x) => reference(x as tf.Tensor2D, anchors, 0.1))(x),
  ];
  expect(ours.value.dataSync()[0]).toBeCloseTo(theirs.value.dataSync()[0] ?? Number.NaN, 5);
  const expected = theirs.grad.dataSync();
  ours.grad.dataSync().forEach((value, at) => {
    expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 5);
  });
  loss.dispose();
});

describe.each(METHODS)('the objective of %s', (method) => {
  test.each([2, 64])(
    'trains a network of %i features: its gradient is not 0, its centers are of the embedding',
    (nDim) => {
      const { value, embedding, centers, dispose } = objective(method, { nClasses: 6, nDim, seed: 1, settings });
      const [features, logits] = [rows(nDim, 1), rows(6, 2)];
      const grads = tf.grads((features, logits) =>
        tf.add(
          value(features as tf.Tensor2D, logits as tf.Tensor2D, labels, 0.5),
          tf.mul(tf.add(tf.sum(features), tf.sum(logits)), 0),
        ),
      )([features, logits]);
      const read = embedding === 'features' && method !== 'softmax' ? grads[0] : grads[1];
      expect(read?.dataSync().some((value) => value !== 0)).toBe(true);
      const width = embedding === 'features' ? nDim : 6;
      const trained = centers();
      expect(trained?.length ?? null).toBe(method === 'softmax' ? null : 6 * width);
      dispose();
    },
  );
});
