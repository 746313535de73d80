import {
  Batch,
  BYTES,
  checkBatchFits,
  checkLabels,
  checkNoMore,
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

/** Rows with their labels and weights in WebAssembly memory: addresses for a kernel, 0 for what there is none of. */
export interface Operands<Work extends readonly number[] = readonly number[]> {
  /** B. */
  readonly rows: number;
  /** [B, width] */
  readonly x: number;
  /** Checked labels [B], unknown where the row has no weight. */
  readonly target: number;
  /** Weights [B]. */
  readonly sampleWeight: number;
  /** Room for a gradient of the same shape as x. */
  readonly grad: number;
  /** Room for whatever else a kernel needs. */
  readonly work: { readonly [Place in keyof Work]: number };
}

/** What the rows of a call must fit. */
export interface Expected<Work extends readonly number[]> {
  /** The name of the call, for messages. */
  readonly call: string;
  /** What messages call the rows. Default 'x'. */
  readonly name?: string;
  readonly width: number;
  readonly widthName: string;
  readonly nClasses: number;
  /** Whether rows of any label ≥ 0 are of the one class, and so are rows without labels. Default: not so. */
  readonly oneClass?: boolean;
  readonly labels: LabelPolicy;
  readonly sampleWeight?: Floats | undefined;
  /** Whether a gradient of the rows will be written. Default: none is. */
  readonly grad?: boolean;
  /** Bytes of other rooms, from the number of rows. */
  readonly work: (rows: number) => Work;
}

/**
 * Rows, labels and weights in memory, copied at most once, after every check.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function operandsOf<const Work extends readonly number[]>(
  x: Embeddings | Batch,
  target: Target | null | undefined,
  expected: Expected<Work>,
): Operands<Work> {
  const { call, name = 'x', width, nClasses, oneClass = false, labels, grad = false } = expected;
  const end = oneClass ? Number.POSITIVE_INFINITY : nClasses;
  const batch = x instanceof Batch ? x : undefined;
  const isLabelled = !oneClass || (target ?? null) !== null;
  const values = x instanceof Batch ? [] : asFloats(x, name);
  const rows = batch?.rows ?? countRows(values, name, width, expected.widthName);
  if (batch) {
    checkBatchFits(batch, nClasses, width);
    checkLabels(batch.target, end, labels);
  } else if (isLabelled) {
    checkTarget(target as Target);
    checkRowsMatch(rows, name, width, (target as Target).length);
  }
  const weights = checkedWeights(expected.sampleWeight, 'sampleWeight', rows, 'rows');
  // Both may be views on the memory that may grow now.
  const [valuesNow, targetNow] = [hold(values), hold((target ?? []) as Int32Array)];
  const [xAt = 0, labelsAt = 0, gradAt = 0, weightsAt = 0, visibleAt = 0, ...work] = scratch(
    `${call} with ${rows} rows of ${width} values`,
    [
      batch ? 0 : BYTES * rows * width,
      batch ? 0 : BYTES * rows,
      grad && !batch ? BYTES * rows * width : 0,
      weights ? BYTES * rows : 0,
      weights ? BYTES * rows : 0,
      ...expected.work(rows),
    ],
  );
  const at = batch?.addresses ?? { x: xAt, target: isLabelled ? labelsAt : 0, gradX: gradAt };
  if (!batch) {
    writeLabels(targetNow(), end, labels, integers(), labelsAt / BYTES);
    writeFloats(valuesNow(), 0, rows * width, at.x);
  }
  if (weights) {
    writeFloats(weights, 0, rows, weightsAt);
    if (at.target > 0) openSet().weighted_labels(at.target, weightsAt, rows, visibleAt);
  }
  return {
    rows,
    x: at.x,
    target: weights && at.target > 0 ? visibleAt : at.target,
    sampleWeight: weights ? weightsAt : 0,
    grad: grad ? at.gradX : 0,
    work: work as unknown as Operands<Work>['work'],
  };
}

/**
 * Target and options of a call that takes either `(x, target, options)` or `(batch, options)`.
 * @throws CenterLossError `ERR_OPTION` for a target beside a batch, which holds its own
 */
export function argumentsOf<T, Options extends object>(
  call: string,
  x: Embeddings | Batch,
  targetOrOptions: T | Options | undefined,
  optionsAfter: Options | undefined,
): [target: T, options: Options] {
  if (!(x instanceof Batch)) return [targetOrOptions as T, optionsAfter ?? ({} as Options)];
  checkNoMore(call, optionsAfter);
  return [undefined as T, (targetOrOptions ?? {}) as Options];
}
