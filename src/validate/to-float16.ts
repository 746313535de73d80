import { reserveArray, scratchBatch } from '../memory/batch.js';
import { doubles, halves, stable } from '../memory/views.js';
import { BatchArray } from '../wasm/bindings.js';
import { newArray } from './allocate.js';
import { lengthOf, partOf } from './arrays.js';
import { asNumbers, type Floats } from './checks.js';

/** Values that are converted at once, which bounds the scratch memory. */
const CHUNK_LEN = 2 ** 16;

/**
 * Rounds values to half precision and returns the bits of IEEE 754 binary16: the nearest value, or the even one
 * of two equally near ones; values from 65520 on become infinite. Each is rounded once, from its own precision.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function toFloat16(values: Floats): Uint16Array<ArrayBuffer> {
  const numbers = asNumbers(values, 'values');
  const numbersView = stable(numbers);
  const length = lengthOf(numbers);
  const bits = newArray(() => new Uint16Array(length), 2 * length);
  const batch = scratchBatch();
  for (let start = 0; start < bits.length; start += CHUNK_LEN) {
    const end = Math.min(start + CHUNK_LEN, bits.length);
    const from = reserveArray(batch, BatchArray.Doubles, end - start, 'half precision');
    const to = reserveArray(batch, BatchArray.Float16, end - start, 'half precision');
    doubles(from, end - start).set(partOf(numbersView(), start, end));
    batch.narrow(end - start);
    bits.set(halves(to, end - start), start);
  }
  return bits;
}
