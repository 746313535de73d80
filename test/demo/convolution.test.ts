import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../../demo/backend.js';
import { inputGradient, useConvolutionGradient, weightGradient } from '../../demo/open-set/convolution.js';

type Shape = [number, number, number, number];

beforeAll(async () => {
  await startBackend();
  useConvolutionGradient();
});

function random(shape: Shape, seed: number): tf.Tensor4D {
  return tf.randomNormal(shape, 0, 1, 'float32', seed) as tf.Tensor4D;
}

/**
 * Both gradients of Σ y · dy, y a 'same' convolution, as plain loops: TensorFlow pads by half of what is missing, the
 * odd one after.
 */
function reference(x: tf.Tensor4D, weights: tf.Tensor4D, dy: tf.Tensor4D, stride: number) {
  const [rows, height, width, channels] = x.shape;
  const [high, wide, , outputs] = weights.shape;
  const [, down, across] = dy.shape;
  const before = (size: number, taps: number, steps: number) =>
    Math.floor(Math.max(0, (steps - 1) * stride + taps - size) / 2);
  const top = before(height, high, down);
  const left = before(width, wide, across);
  const [xs, ws, ds] = [x.dataSync(), weights.dataSync(), dy.dataSync()];
  const gradX = new Float64Array(x.size);
  const gradW = new Float64Array(weights.size);
  for (let b = 0; b < rows; b++) {
    for (let h = 0; h < down; h++) {
      for (let w = 0; w < across; w++) {
        for (let i = 0; i < high; i++) {
          for (let j = 0; j < wide; j++) {
            const [r, s] = [h * stride + i - top, w * stride + j - left];
            if (r < 0 || r >= height || s < 0 || s >= width) continue;
            for (let c = 0; c < channels; c++) {
              for (let k = 0; k < outputs; k++) {
                const atX = ((b * height + r) * width + s) * channels + c;
                const atW = ((i * wide + j) * channels + c) * outputs + k;
                const g = ds[((b * down + h) * across + w) * outputs + k] ?? Number.NaN;
                gradX[atX] = (gradX[atX] ?? 0) + g * (ws[atW] ?? Number.NaN);
                gradW[atW] = (gradW[atW] ?? 0) + g * (xs[atX] ?? Number.NaN);
              }
            }
          }
        }
      }
    }
  }
  return { gradX, gradW };
}

function expectClose(actual: tf.Tensor, expected: Float64Array) {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expected.forEach((value, at) => {
    expect(Math.abs((values[at] ?? Number.NaN) - value)).toBeLessThan(1e-5 * largest);
  });
}

/** The network's own, then sides and strides that leave pixels over. */
const CASES: [name: string, x: Shape, weights: Shape, stride: number][] = [
  ['28 by 5, stride 2', [2, 28, 28, 1], [5, 5, 1, 4], 2],
  ['14 by 3, stride 2', [3, 14, 14, 4], [3, 3, 4, 5], 2],
  ['7 by 3, stride 2', [3, 7, 7, 5], [3, 3, 5, 2], 2],
  ['6 × 9 by 3 × 5, stride 1', [2, 6, 9, 3], [3, 5, 3, 2], 1],
  ['8 by 1, stride 2', [2, 8, 8, 2], [1, 1, 2, 3], 2],
  ['7 by 2, stride 3', [2, 7, 7, 2], [2, 2, 2, 3], 3],
  ['11 by 4, stride 3', [1, 11, 11, 2], [4, 4, 2, 2], 3],
];

describe.each(CASES)('a convolution of %s', (_, xShape, weightShape, stride) => {
  const output: Shape = [xShape[0], Math.ceil(xShape[1] / stride), Math.ceil(xShape[2] / stride), weightShape[3]];

  test('has the gradients of plain loops', () => {
    const [x, weights, dy] = [random(xShape, 1), random(weightShape, 2), random(output, 3)];
    const { gradX, gradW } = reference(x, weights, dy, stride);
    expectClose(inputGradient(weights, dy, xShape, stride), gradX);
    expectClose(weightGradient(x, dy, weightShape, stride), gradW);
  });

  test('has them through tf.grads', () => {
    const [x, weights, dy] = [random(xShape, 4), random(weightShape, 5), random(output, 6)];
    const { gradX, gradW } = reference(x, weights, dy, stride);
    const grads = tf.grads((x, weights) => tf.conv2d(x as tf.Tensor4D, weights as tf.Tensor4D, stride, 'same'));
    const [byX, byWeights] = grads([x, weights], dy);
    expectClose(byX as tf.Tensor, gradX);
    expectClose(byWeights as tf.Tensor, gradW);
  });
});

test('another padding is refused instead of a wrong gradient', () => {
  const x = random([1, 6, 6, 1], 1);
  const weights = random([3, 3, 1, 1], 2);
  expect(() => tf.grad((x) => tf.sum(tf.conv2d(x as tf.Tensor4D, weights, 1, 'valid')))(x)).toThrow(
    "of padding 'same'",
  );
});
