// @ts-check
/**
 * Makes a .npy file of any header, as `writeNpy` does not write it.
 * @param {string} descr @param {string} shape as a tuple of Python @param {Iterable<number>} bytes
 */
export function npyFile(descr, shape, bytes, fortranOrder = false) {
  const order = fortranOrder ? 'True' : 'False';
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`.padEnd(117);
  return Uint8Array.from([...new TextEncoder().encode(`?NUMPY\x01\x00v\x00${text}\n`), ...bytes]).fill(0x93, 0, 1);
}
