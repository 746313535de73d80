// @ts-check
/** Bit for bit, so that a NaN is a NaN and −0 is not 0. */

/** @param {ArrayBufferView} a @param {ArrayBufferView} b */
export const isSame = (a, b) => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

/** @param {ArrayBufferView} view */
const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);
