// Files with parts changed.
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

/** New tensors, new metadata (strings) and options of `config` by name; undefined removes a part. */
export type Change = Readonly<Record<string, Tensor | string | undefined>>;

export function changed(file: Uint8Array, change: Change, options?: object): Uint8Array<ArrayBuffer> {
  const contents = fromSafetensors(file);
  const [tensors, metadata] = [{ ...contents.tensors }, { ...contents.metadata }];
  for (const [name, value] of Object.entries(change)) {
    delete tensors[name];
    delete metadata[name];
    if (typeof value === 'string') metadata[name] = value;
    else if (value) tensors[name] = value;
  }
  if (options) metadata.config = JSON.stringify({ ...JSON.parse(metadata.config ?? ''), ...options });
  return toSafetensors(tensors, metadata);
}
