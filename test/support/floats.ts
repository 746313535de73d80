import { fromSafetensors, type Tensor, toSafetensors } from 'center-loss';

/** Values of a tensor as float32, by way of a file. */
export const toFloats = (tensor: Tensor): Float32Array => fromSafetensors(toSafetensors({ tensor })).floats('tensor');
