// @ts-check
/** Center loss as ONNX has it, Σ‖x − centers[target]‖². */
import { FLOAT, INT32, model, node } from '../onnx.js';

/**
 * The model's bytes, for inputs x [B, D], centers [C, D] and target [B] (int32), and the output loss [].
 * @param {{ B: number, C: number, D: number }} shape
 */
export const lossModel = ({ B, C, D }) =>
  model('center-loss', {
    body: [
      node(['centers', 'target'], 'own', 'Gather'),
      node(['x', 'own'], 'residual', 'Sub'),
      node(['residual'], 'loss', 'ReduceSumSquare', { integers: { keepdims: 0 } }),
    ],
    inputs: [
      { name: 'x', type: FLOAT, shape: [B, D] },
      { name: 'centers', type: FLOAT, shape: [C, D] },
      { name: 'target', type: INT32, shape: [B] },
    ],
    outputs: [{ name: 'loss', type: FLOAT, shape: [] }],
  });
