import { lengthOf, type NumberArray } from '../validate/arrays.js';
import { checkBatchFits, checkCountOf, checkNoMore, type Floats } from '../validate/checks.js';
import { asRows, countRows, type Embeddings } from '../validate/embeddings.js';
import {
  checkLabels,
  checkOneEach,
  isList,
  type LabelPolicy,
  type Labels,
  labelsOf,
  type Target,
  writeLabels,
} from '../validate/labels.js';
import { copyOfWeights } from '../validate/weights.js';
import { BatchArray, type Batch as RustBatch } from '../wasm/bindings.js';
import { Batch, reserveRows, scratchBatch } from './batch.js';
import { allocated, integers, stable, writeFloats } from './views.js';

/** Rows with their labels and weights in WebAssembly memory. */
export interface Inputs {
  readonly batch: RustBatch;
  /** Number of rows B. */
  readonly rows: number;
}

/** Shape and labels that a call expects. */
export interface InputSpec {
  /** Name of the call, for messages. */
  readonly call: string;
  /** Name of the rows, for messages. Default 'x'. */
  readonly name?: string;
  readonly width: number;
  /** Name of the width, for messages. Default 'nDim'. */
  readonly widthName?: string;
  readonly nClasses: number;
  /** Names of the classes, if they have any. */
  readonly names?: readonly string[] | undefined;
  /** True if there is one class: every label ≥ 0 and every row without a label belongs to it. Default false. */
  readonly oneClass?: boolean;
  readonly labels: LabelPolicy;
  readonly sampleWeight?: Floats | null | undefined;
  /** Number of values that the call computes for each row. Default 0. */
  readonly outWidth?: number;
}

/**
 * Takes the rows of a call: those of a batch where they are, any others by one copy into {@link scratchBatch}. Checks
 * everything first.
 *
 * Code of the caller may run in here, and may dispose of anything, call this package and let the memory grow. The caller
 * of this function therefore takes its own memory afterwards. No other code of the user runs until a result is returned.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function takeInputs(x: Embeddings | Batch, target: Target | null | undefined, spec: InputSpec): Inputs {
  return x instanceof Batch ? inPlace(x, spec) : copyIn(x, target, spec);
}

function inPlace(batch: Batch, spec: InputSpec): Inputs {
  const { rows } = batch;
  checkBatchFits(batch, spec.nClasses, spec.width);
  const weights = copyOfWeights(spec.sampleWeight, 'sampleWeight', rows, 'rows');
  const { rust } = batch;
  checkLabels(batch.target, classEnd(spec), spec.labels);
  useWeights(rust, rows, weights, spec.call);
  return { batch: rust, rows };
}

/** Rows with their labels and weights, as no code of the caller can change any more. */
export interface TakenRows {
  readonly values: NumberArray;
  /** Number of rows B. */
  readonly rows: number;
  /** Undefined where all rows are of the one class. */
  readonly labels: Labels | undefined;
  readonly weights: Float32Array<ArrayBuffer> | undefined;
}

/**
 * Takes rows with their labels and weights, while code of the caller may run.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY`
 */
export function takeRows(
  x: Embeddings,
  target: Target | null | undefined,
  { name = 'x', width, widthName, oneClass = false, sampleWeight }: Omit<InputSpec, 'call' | 'nClasses' | 'labels'>,
): TakenRows {
  const values = asRows(x, name, width, widthName);
  const of = { values, name, width, widthName };
  const labels = oneClass && (target ?? null) === null ? undefined : labelsOf(target as Target, 'target', of);
  const weights =
    (sampleWeight ?? null) === null
      ? undefined
      : copyOfWeights(sampleWeight, 'sampleWeight', countRows(values, name, width, widthName), 'rows');
  // Labels and weights may have changed the length of the rows while they were read.
  const rows = labels ? checkOneEach(of, lengthOf(labels)) : countRows(values, name, width, widthName);
  if (weights) checkCountOf(weights.length, 'sampleWeight', rows, 'rows');
  return { values, rows, labels, weights };
}

function copyIn(x: Embeddings, target: Target | null | undefined, spec: InputSpec): Inputs {
  const { call, width, outWidth = 0 } = spec;
  const { values, rows, labels, weights } = takeRows(x, target, spec);
  const [valuesView, targetView] = [stable(values), stable((labels ?? []) as Int32Array)];
  const batch = scratchBatch();
  reserveRows(batch, rows, width, outWidth, call);
  const labelsAt = batch.address(BatchArray.Labels) / Int32Array.BYTES_PER_ELEMENT;
  if (labels) {
    const { names, labels: policy } = spec;
    writeLabels(targetView(), rows, { nClasses: classEnd(spec), names, labels: policy }, integers(), labelsAt);
  } else integers().fill(0, labelsAt, labelsAt + rows);
  writeFloats(valuesView(), 0, rows * width, batch.address(BatchArray.X));
  if (weights) useWeights(batch, rows, weights, call);
  return { batch, rows };
}

const classEnd = ({ oneClass, nClasses }: InputSpec): number => (oneClass ? Number.POSITIVE_INFINITY : nClasses);

/** Gives the rows of a batch weights for this call, or none. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function useWeights(batch: RustBatch, rows: number, weights: Float32Array | undefined, call: string): void {
  allocated(
    () => batch.use_sample_weight(weights !== undefined),
    rows,
    () => `${call} with ${rows} weights`,
  );
  if (weights) writeFloats(weights, 0, rows, batch.address(BatchArray.SampleWeight));
}

/**
 * Separates target and options of a call that takes either `(x, target, options)` or `(batch, options)`.
 * @throws CenterLossError `ERR_OPTION` for a target beside a batch, which holds its own
 */
export function splitArguments<T, Options extends object>(
  call: string,
  x: Embeddings | Batch,
  targetOrOptions: T | Options | undefined,
  optionsAfter: Options | undefined,
): [target: T, options: Options] {
  if (!(x instanceof Batch)) return [targetOrOptions as T, optionsAfter ?? ({} as Options)];
  checkNoMore(call, optionsAfter);
  if (isList(targetOrOptions)) checkNoMore(call, targetOrOptions);
  return [undefined as T, (targetOrOptions ?? {}) as Options];
}
