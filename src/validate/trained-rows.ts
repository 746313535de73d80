// Rows that centers were made of look more known than new rows do, so that a threshold or a radius from them rejects too
// many new rows. Arrays that were trained on are remembered here, and the first calibration on one of them is warned of.
import { arrayType } from './arrays.js';
import { isList } from './labels.js';

/** Sum of the first and the last value of each array: one that was filled with other rows since is not the same rows. */
const trained = /* @__PURE__ */ new WeakMap<object, number>();
/** Length below which only the latest array is remembered: an entry for each would take as long as a small step. */
const MIN_ENTRY_LEN = 4096;
let latest: { readonly array?: object; readonly probe?: number } = {};
let warned = false;

/**
 * Array of the rows, or the tensor where a getter would give it: code of the caller does not run here. Undefined for a
 * `Batch`, whose rows change at every step.
 */
function arrayOf(x: unknown): ArrayLike<unknown> | undefined {
  if (isList(x)) return x;
  if (typeof x !== 'object' || x === null || !('data' in x)) return undefined;
  const data = valueAt(x, 'data');
  return (isList(data) ? data : x) as ArrayLike<unknown>;
}

/** Value of a property; undefined where a getter would give it. */
const valueAt = (of: object, name: string | number): unknown => Object.getOwnPropertyDescriptor(of, name)?.value;

function probe(values: ArrayLike<unknown>): number {
  const end = values.length - 1;
  const isTyped = arrayType(values) !== undefined;
  const first = isTyped ? values[0] : valueAt(values, 0);
  const last = isTyped ? values[end] : valueAt(values, end);
  return typeof first === 'number' && typeof last === 'number' ? first + last : 0;
}

/** Remembers rows that centers were made of. */
export function rowsTrainedOn(x: unknown): void {
  const array = warned ? undefined : arrayOf(x);
  if (array === undefined) return;
  if (array.length < MIN_ENTRY_LEN) latest = { array, probe: probe(array) };
  else trained.set(array, probe(array));
}

/** Warns once if rows that centers were made of calibrate a decision; `call` is the name of the calibration. */
export function warnIfTrainedOn(call: string, x: unknown): void {
  const array = warned ? undefined : arrayOf(x);
  if (array === undefined) return;
  const remembered = latest.array === array ? latest.probe : trained.get(array);
  if (!Object.is(remembered, probe(array))) return;
  warned = true;
  console.warn(
    `center-loss: ${call} got the very array that centers were made of. Its rows are nearer than new ones, so that too many new ones will be rejected: give ${call} rows held out of training.`,
  );
}
