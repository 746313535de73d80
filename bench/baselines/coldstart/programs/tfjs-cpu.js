import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { B, C, centers, D, target, x } from './data.js';

export default async () => {
  await tf.setBackend('cpu');
  await tf.ready();
  const own = tf.gather(tf.tensor2d(centers, [C, D]), tf.tensor1d(target, 'int32'));
  return tf.sum(tf.square(tf.sub(tf.tensor2d(x, [B, D]), own))).dataSync()[0];
};
