import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { FLOAT, INT32, int, model, node } from '../../../onnx-model.js';
import { B, C, centers, D, target, x } from './data.js';

const graph = model({
  body: [
    node(['centers', 'target'], 'own', 'Gather'),
    node(['x', 'own'], 'residual', 'Sub'),
    node(['residual'], 'loss', 'ReduceSumSquare', [int('keepdims', 0)]),
  ],
  inputs: {
    x: { type: FLOAT, shape: [B, D] },
    centers: { type: FLOAT, shape: [C, D] },
    target: { type: INT32, shape: [B] },
  },
  outputs: { loss: { type: FLOAT, shape: [] } },
});

// More threads would take longer to start than this call takes.
env.wasm.numThreads = 1;

export default async () => {
  const session = await InferenceSession.create(graph);
  const { loss } = await session.run({
    x: new Tensor('float32', x, [B, D]),
    centers: new Tensor('float32', centers, [C, D]),
    target: new Tensor('int32', target, [B]),
  });
  return loss.data[0];
};
