import { lossModel } from '../model.js';
import { B, C, centers, D, report, target, x } from './data.js';

const model = lossModel({ B, C, D });

await report(async () => {
  const { env, InferenceSession, Tensor } = await import('onnxruntime-web');
  // More threads would take longer to start than this work takes.
  env.wasm.numThreads = 1;
  return async () => {
    const session = await InferenceSession.create(model);
    const { loss } = await session.run({
      x: new Tensor('float32', x, [B, D]),
      centers: new Tensor('float32', centers, [C, D]),
      target: new Tensor('int32', target, [B]),
    });
    return loss.data[0];
  };
});
