// Files with one part changed.
import { fromSafetensors, type Tensor, toSafetensors } from 'center-loss';

export const f32 = (shape: number[], ...values: number[]): Tensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
});

export const f64 = (shape: number[], ...values: number[]): Tensor => ({
  dtype: 'F64',
  shape,
  data: Float64Array.from(values),
});

export type Change = (tensors: Record<string, Tensor>, metadata: Record<string, string>) => void;

/** Copies a file with the tensors and metadata that `change` leaves. */
export function changed(file: Uint8Array, change: Change): Uint8Array<ArrayBuffer> {
  const contents = fromSafetensors(file);
  const [tensors, metadata] = [{ ...contents.tensors }, { ...contents.metadata }];
  change(tensors, metadata);
  return toSafetensors(tensors, metadata);
}

/** Names, types and shapes of the tensors in a file. */
export const tensorsOf = (file: Uint8Array): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fromSafetensors(file).tensors).map(([name, { dtype, shape }]) => [name, `${dtype} [${shape}]`]),
  );
