// The entry `center-loss/files`: centers, embeddings and labels in the files that Python's libraries write and read. It
// has no engine of its own, and needs none but for objects that other entries have made.
export { CenterLossError, type ErrorCode } from '../core.js';
export type { Saveable } from './describe.js';
export type { Dtype, Values } from './dtypes.js';
export { type LoadCentersOptions, loadCenters, type SavedCenters } from './load-centers.js';
export { loadClassifier } from './load-classifier.js';
export { readNpy, type WriteNpyOptions, writeNpy } from './npy.js';
export { NPY_HEADER_BYTES, type NpyHeader, npyHeader } from './npy-header.js';
export { fromSafetensors, type Safetensors, toSafetensors } from './safetensors.js';
export { type SafetensorsHeader, safetensorsHeader, type TensorPlace } from './safetensors-header.js';
export { type SaveCentersOptions, saveCenters } from './save-centers.js';
export type { Config, Kind } from './saved.js';
export { type Tensor, toFloats } from './tensor.js';
