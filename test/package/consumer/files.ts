import { CenterLoss } from 'center-loss';
import {
  type Dtype,
  fromSafetensors,
  loadCenters,
  loadClassifier,
  npyHeader,
  readNpy,
  type SavedCenters,
  saveCenters,
  type Tensor,
  toFloats,
  toSafetensors,
  writeNpy,
} from 'center-loss/files';

const file: Uint8Array<ArrayBuffer> = saveCenters(new CenterLoss(2, 3), { names: ['a', 'b'] });
const saved: SavedCenters = loadCenters(file);
const threshold: number | Float64Array | undefined = saved.thresholds;
const labels: Int32Array = loadClassifier(file).predict(saved.params);
const tensor: Tensor = { dtype: 'F16', shape: [2], data: new Uint16Array(2) };
const { tensors, metadata } = fromSafetensors(toSafetensors({ tensor }, { by: 'us' }));
const dtype: Dtype | undefined = tensors.tensor?.dtype;
const by: string | undefined = metadata.by;
const x: Float32Array = toFloats(readNpy(writeNpy(new Float32Array(6), [2, 3])));
const [rows = 0] = npyHeader(file).shape;

// @ts-expect-error there is no such type
toSafetensors({ tensor: { ...tensor, dtype: 'F128' } });
// @ts-expect-error names are many
saveCenters(new CenterLoss(2, 3), { names: 'a' });

export { by, dtype, labels, rows, threshold, x };
