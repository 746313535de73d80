// Public names of files: objects of this package, and arrays in the files that Python's libraries write and read.
export type { Dtype, Values } from './dtypes.js';
export { type LoadedObject, load } from './load.js';
export { type LoadCentersOptions, loadCenters } from './load-centers.js';
export { readNpy, readNpyNames, type WriteNpyOptions, writeNpy } from './npy.js';
export { NPY_HEADER_BYTES, type NpyHeader, type NpyOptions, npyHeader } from './npy-header.js';
export { fromSafetensors, type Safetensors, toSafetensors } from './safetensors.js';
export { type SafetensorsHeader, safetensorsHeader, type TensorPlace } from './safetensors-header.js';
export type { SavedJson } from './saveable.js';
export type { CenterValues } from './saved-object.js';
export type { Tensor } from './tensor.js';
