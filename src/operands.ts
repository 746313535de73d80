import type { Batch } from './batch.js';
import { checkBatchFits, checkRowsMatch, countRows, type Floats } from './check.js';
import { kernels } from './load.js';
import { BYTES, hold, integers, scratch, writeFloats } from './memory.js';
import { checkLabels, checkTarget, type LabelPolicy, type Target, writeLabels } from './targets.js';

/** A batch in WebAssembly memory: addresses for a kernel. */
export interface Operands {
  /** B. */
  readonly rows: number;
  /** Embeddings or distances, [B, width]. */
  readonly x: number;
  /** Checked labels [B]. */
  readonly target: number;
  /** Room for a gradient of the same shape as x; 0: none is wanted. */
  readonly grad: number;
  /** Room for whatever else a kernel needs. */
  readonly work: number;
}

/** What the rows of a call must fit. */
export interface Expected {
  /** The name of the call, for messages. */
  readonly call: string;
  /** What messages call the rows. */
  readonly name: string;
  readonly width: number;
  readonly widthName: string;
  readonly nClasses: number;
  readonly labels: LabelPolicy;
  /** Whether a gradient of the rows will be written. */
  readonly grad: boolean;
  /** Whether rows of a class are summed, which takes work space. */
  readonly sums: boolean;
}

/**
 * Copies rows and labels into scratch memory, once, after every check.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OUT_OF_MEMORY`
 */
export function copyIn(x: Floats, target: Target, expected: Expected): Operands {
  const { width, nClasses } = expected;
  const rows = countRows(x, expected.name, width, expected.widthName);
  checkTarget(target);
  checkRowsMatch(rows, expected.name, width, target.length);
  const [xNow, targetNow] = [hold(x), hold(target as Int32Array)];
  const floatBytes = BYTES * rows * width;
  const [xAt, targetAt, gradAt, workAt] = scratch(`${expected.call} with ${rows} rows of ${width} values`, [
    floatBytes,
    BYTES * rows,
    expected.grad ? floatBytes : 0,
    workBytes(rows, expected),
  ]);
  writeLabels(targetNow(), nClasses, expected.labels, integers(), targetAt / BYTES);
  writeFloats(xNow(), 0, rows * width, xAt);
  return { rows, x: xAt, target: targetAt, grad: expected.grad ? gradAt : 0, work: workAt };
}

/**
 * The rows of a batch where they are, after every check.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function inPlace(batch: Batch, expected: Expected): Operands {
  const { rows } = batch;
  checkBatchFits(batch, expected.nClasses, expected.width);
  checkLabels(batch.target, expected.nClasses, expected.labels);
  const [work] = scratch(`${expected.call} with ${rows} rows`, [workBytes(rows, expected)]);
  const { x, target, gradX } = batch.addresses;
  return { rows, x, target, grad: expected.grad ? gradX : 0, work };
}

const workBytes = (rows: number, { sums, nClasses, width }: Expected): number =>
  sums ? kernels().workspace_bytes(rows, nClasses, width) >>> 0 : 0;
