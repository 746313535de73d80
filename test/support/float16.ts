import { type TensorLike, toFloat16 } from 'center-loss';

/** Rows of values in half precision, as ONNX Runtime and readNpy give them. */
export const float16Rows = (values: ArrayLike<number>, nDim: number): TensorLike => ({
  data: toFloat16(Array.from(values)),
  dims: [values.length / nDim, nDim],
  type: 'float16',
});
