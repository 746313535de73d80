import { checkAttached } from './check.js';
import { CenterLossError } from './errors.js';

/** Class labels, one a row; below 0 = unknown. */
export type Target =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | readonly number[]
  | readonly bigint[];

/** What becomes of a label that is ≥ nClasses or not an integer. */
export type LabelPolicy = 'strict' | 'lenient';

const UNKNOWN = -1;

/** A label that no class has: past any possible number of classes. */
const NO_CLASS = 2 ** 31 - 1;

/** @throws CenterLossError `ERR_LABEL` unless `target` is a typed array or an array; `ERR_SHAPE` for a stale view. */
export function checkTarget(target: Target): void {
  if (Array.isArray(target) || (ArrayBuffer.isView(target) && !(target instanceof DataView))) {
    checkAttached(target, 'target');
    return;
  }
  const type = Object.prototype.toString.call(target).slice(8, -1);
  throw new CenterLossError('ERR_LABEL', `target must be an array or a typed array of integers, got ${type}`);
}

/**
 * Writes the labels as the kernels read them: below 0 = unknown, 0 … nClasses−1 = the class, anything else = no class.
 * @throws CenterLossError `ERR_LABEL` under the 'strict' policy for a label that is ≥ nClasses or not an integer
 */
export function writeLabels(target: Target, nClasses: number, policy: LabelPolicy, to: Int32Array, at: number): void {
  for (let i = 0; i < target.length; i++) {
    to[at + i] = labelCode(target[i], i, nClasses, policy);
  }
}

/**
 * Checks labels that already stand where the kernels read them.
 * @throws CenterLossError `ERR_LABEL`, as {@link writeLabels}
 */
export function checkLabels(labels: Int32Array, nClasses: number, policy: LabelPolicy): void {
  if (policy === 'lenient') return;
  // Integers below 0 or nClasses are as they should be: nothing else is asked of each.
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (label >= nClasses) labelCode(label, i, nClasses, policy);
  }
}

function labelCode(value: unknown, index: number, nClasses: number, policy: LabelPolicy): number {
  const label = typeof value === 'bigint' ? Number(value) : value;
  if (typeof label !== 'number') {
    throw new CenterLossError('ERR_LABEL', `target[${index}] is ${String(value)}, not a number`);
  }
  if (Number.isInteger(label)) {
    if (label < 0) return UNKNOWN;
    if (label < nClasses) return label;
  }
  if (policy === 'lenient') return label >= 0 ? NO_CLASS : UNKNOWN;
  const problem = Number.isInteger(label)
    ? `there are ${nClasses} classes (0 … ${nClasses - 1}; below 0 = unknown)`
    : 'a label must be an integer';
  throw new CenterLossError('ERR_LABEL', `target[${index}] is ${value}, but ${problem}`);
}

/**
 * 1 where a row is known (label ≥ 0), 0 where it is unknown (out of distribution).
 *
 * Source: pytorch-ood 0.3.3, `pytorch_ood.utils.is_known`.
 * @throws CenterLossError `ERR_LABEL` if `target` is no array of numbers
 */
export function isKnown(target: Target): Uint8Array<ArrayBuffer> {
  checkTarget(target);
  const known = new Uint8Array(target.length);
  for (let i = 0; i < known.length; i++)
    known[i] = labelCode(target[i], i, Number.POSITIVE_INFINITY, 'lenient') >= 0 ? 1 : 0;
  return known;
}
