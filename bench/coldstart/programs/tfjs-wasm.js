import { B, C, centers, D, report, target, x } from './data.js';

await report(async () => {
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-wasm');
  return async () => {
    await tf.setBackend('wasm');
    await tf.ready();
    const own = tf.gather(tf.tensor2d(centers, [C, D]), tf.tensor1d(target, 'int32'));
    return tf.sum(tf.square(tf.sub(tf.tensor2d(x, [B, D]), own))).dataSync()[0];
  };
});
