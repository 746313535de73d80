import {
  Batch,
  BYTES,
  checkBatchFits,
  checkLabels,
  checkRowsMatch,
  checkTarget,
  countRows,
  type Floats,
  hold,
  integers,
  type LabelPolicy,
  scratch,
  type Target,
  writeFloats,
  writeLabels,
} from '../core.js';
import { asFloats, type Embeddings } from './half.js';
import { openSet } from './load.js';
import { checkedWeights } from './weights.js';

/** A batch in WebAssembly memory: addresses for a kernel. */
export interface Operands {
  /** B. */
  readonly rows: number;
  /** Embeddings [B, nDim]. */
  readonly x: number;
  /** Checked labels [B], unknown where the row has no weight. */
  readonly target: number;
  /** Weights [B]; 0: there are none. */
  readonly sampleWeight: number;
  /** Room for ∂loss/∂x. 0: it is not wanted. */
  readonly grad: number;
  /** Room for whatever else a kernel needs. */
  readonly work: readonly number[];
}

/** What the rows of a call must fit. */
export interface Expected {
  /** The name of the call, for messages. */
  readonly call: string;
  readonly nClasses: number;
  readonly nDim: number;
  readonly labels: LabelPolicy;
  readonly sampleWeight: Floats | undefined;
  /** Whether a gradient of the rows will be written. */
  readonly grad: boolean;
  /** Bytes of other rooms, from the number of rows. */
  readonly work: (rows: number) => readonly number[];
}

/**
 * Rows, labels and weights in memory, copied at most once, after every check.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function operandsOf(x: Embeddings | Batch, target: Target | undefined, expected: Expected): Operands {
  const { call, nClasses, nDim, labels } = expected;
  const batch = x instanceof Batch ? x : undefined;
  const values = x instanceof Batch ? [] : asFloats(x, 'x');
  const rows = batch?.rows ?? countRows(values, 'x', nDim, 'nDim');
  if (batch) {
    checkBatchFits(batch, nClasses, nDim);
    checkLabels(batch.target, nClasses, labels);
  } else {
    checkTarget(target as Target);
    checkRowsMatch(rows, 'x', nDim, (target as Target).length);
  }
  const weights = expected.sampleWeight && checkedWeights(expected.sampleWeight, 'sampleWeight', rows, 'rows');
  const [valuesNow, targetNow] = [hold(values), hold((target ?? []) as Int32Array)];
  const [xAt = 0, labelsAt = 0, gradAt = 0, weightsAt = 0, visibleAt = 0, ...work] = scratch(
    `${call} with ${rows} rows of ${nDim} values`,
    [
      batch ? 0 : BYTES * rows * nDim,
      batch ? 0 : BYTES * rows,
      expected.grad && !batch ? BYTES * rows * nDim : 0,
      weights ? BYTES * rows : 0,
      weights ? BYTES * rows : 0,
      ...expected.work(rows),
    ],
  );
  const at = batch?.addresses ?? { x: xAt, target: labelsAt, gradX: gradAt };
  if (!batch) {
    writeLabels(targetNow(), nClasses, labels, integers(), at.target / BYTES);
    writeFloats(valuesNow(), 0, rows * nDim, at.x);
  }
  if (weights) {
    writeFloats(weights, 0, rows, weightsAt);
    openSet().weighted_labels(at.target, weightsAt, rows, visibleAt);
  }
  return {
    rows,
    x: at.x,
    target: weights ? visibleAt : at.target,
    sampleWeight: weights ? weightsAt : 0,
    grad: expected.grad ? at.gradX : 0,
    work,
  };
}
