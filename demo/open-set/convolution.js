// @ts-check
/**
 * The gradient of a convolution on the wasm backend of TensorFlow.js, which has the kernel of a convolution but none
 * of ∂/∂weights (`Conv2DBackpropFilter`), and only a slow one of ∂/∂input. Both are convolutions themselves:
 *
 * - ∂weights[i, j] sums x[s·h + i, s·w + j] · dy[h, w] over rows, h and w: x with its channels for rows and its rows
 *   for channels, convolved by dy, whose taps lie s (the stride) apart;
 * - ∂x is dy with s − 1 zeros between its pixels, convolved by the weights turned by half a turn.
 */

import * as tf from '@tensorflow/tfjs';

/**
 * What 'same' adds to one side of an image before and after.
 *
 * @param {number} size
 * @param {number} taps
 * @param {number} stride
 * @returns {[number, number]}
 */
function samePadding(size, taps, stride) {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + taps - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/**
 * @param {tf.Tensor4D} x [B, H, W, C]
 * @param {number} stride
 * @returns {tf.Tensor4D} [B, s·H, s·W, C], zeros after each pixel
 */
function spread(x, stride) {
  const [rows, height, width, channels] = x.shape;
  const gap = stride - 1;
  if (gap === 0) return x;
  const down = tf.pad(tf.reshape(x, [rows * height, 1, width * channels]), [
    [0, 0],
    [0, gap],
    [0, 0],
  ]);
  const both = tf.pad(tf.reshape(down, [rows * height * stride * width, 1, channels]), [
    [0, 0],
    [0, gap],
    [0, 0],
  ]);
  return tf.reshape(both, [rows, height * stride, width * stride, channels]);
}

/**
 * @param {tf.Tensor4D} x [B, H, W, C]
 * @param {tf.Tensor4D} dy [B, ⌈H/s⌉, ⌈W/s⌉, K]
 * @param {[number, number, number, number]} shape of the weights [h, w, C, K]
 * @param {number} stride
 * @returns {tf.Tensor4D} ∂/∂weights of a 'same' convolution
 */
export function weightGradient(x, dy, shape, stride) {
  const [, height, width] = x.shape;
  const vertical = samePadding(height, shape[0], stride);
  const horizontal = samePadding(width, shape[1], stride);
  const image = tf.transpose(tf.pad(x, [[0, 0], vertical, horizontal, [0, 0]]), [3, 1, 2, 0]);
  const taps = /** @type {tf.Tensor4D} */ (tf.transpose(dy, [1, 2, 0, 3]));
  const sums = tf.conv2d(/** @type {tf.Tensor4D} */ (image), taps, 1, 'valid', 'NHWC', stride);
  // Where the stride leaves the last pixels out, there are sums of taps that the weights do not have.
  return tf.transpose(tf.slice(sums, [0, 0, 0, 0], [shape[2], shape[0], shape[1], shape[3]]), [1, 2, 0, 3]);
}

/**
 * @param {tf.Tensor4D} weights [h, w, C, K]
 * @param {tf.Tensor4D} dy [B, ⌈H/s⌉, ⌈W/s⌉, K]
 * @param {[number, number, number, number]} shape of the input [B, H, W, C]
 * @param {number} stride
 * @returns {tf.Tensor4D} ∂/∂x of a 'same' convolution
 */
export function inputGradient(weights, dy, shape, stride) {
  const [taps, across] = weights.shape;
  const [top] = samePadding(shape[1], taps, stride);
  const [left] = samePadding(shape[2], across, stride);
  const turned = /** @type {tf.Tensor4D} */ (tf.transpose(tf.reverse(weights, [0, 1]), [0, 1, 3, 2]));
  const image = spread(dy, stride);
  const room = (/** @type {number} */ taps, /** @type {number} */ before, /** @type {number} */ axis) => {
    const first = taps - 1 - before;
    return /** @type {[number, number]} */ ([
      first,
      Math.max(0, (shape[axis] ?? 0) + before - (image.shape[axis] ?? 0)),
    ]);
  };
  const padded = tf.pad(image, [[0, 0], room(taps, top, 1), room(across, left, 2), [0, 0]]);
  const sums = tf.conv2d(/** @type {tf.Tensor4D} */ (padded), turned, 1, 'valid');
  return tf.slice(sums, [0, 0, 0, 0], shape);
}

/** Makes `tf.conv2d(x, weights, stride, 'same')` differentiable on the wasm backend. */
export function useConvolutionGradient() {
  tf.unregisterGradient('Conv2D');
  tf.registerGradient({
    kernelName: 'Conv2D',
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attributes) => {
      const [x, weights] = /** @type {[tf.Tensor4D, tf.Tensor4D]} */ (saved);
      const { strides, pad } = /** @type {{ strides: [number, number] | number, pad: unknown }} */ (
        /** @type {unknown} */ (attributes)
      );
      const stride = Array.isArray(strides) ? strides[0] : strides;
      if (pad !== 'same' || (Array.isArray(strides) && strides[1] !== stride)) {
        throw new Error(`this gradient is of padding 'same' and one stride, not of ${pad} and ${strides}`);
      }
      const gradient = /** @type {tf.Tensor4D} */ (dy);
      return {
        x: () => inputGradient(weights, gradient, x.shape, stride),
        filter: () => weightGradient(x, gradient, weights.shape, stride),
      };
    },
  });
}
