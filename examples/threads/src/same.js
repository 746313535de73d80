// @ts-check
/** Comparison bit for bit: a NaN equals itself, and −0 differs from 0. */

/** @param {ArrayBufferView} a @param {ArrayBufferView} b */
export const isSame = (a, b) => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

/** @param {ArrayBufferView} view */
const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);
