import { Batch } from '../memory/batch.js';
import type { InputSpec, Inputs } from '../memory/inputs.js';
import {
  copyFloats,
  floatView,
  integers,
  integerView,
  newFloats,
  readFloats,
  readIntegers,
  stable,
} from '../memory/views.js';
import type { NumberArray } from '../validate/arrays.js';
import { checkNoMore, checkOptions, checkOut, givenType } from '../validate/checks.js';
import { asRows, countRows, type Embeddings } from '../validate/embeddings.js';
import { CenterLossError } from '../validate/errors.js';
import { isList, labelsOf, type Target } from '../validate/labels.js';
import { BatchArray, type Batch as RustBatch } from '../wasm/bindings.js';

/** Gradient of the centers of the classes in a batch. */
export interface TouchedRows {
  /** Classes [T], each once, in the order of their first rows in the batch. */
  readonly classes: Int32Array;
  /** ∂loss/∂center of each class [T, nDim]. */
  readonly rows: Float32Array;
}

/** 'dense': all centers [nClasses, nDim]. 'touched': only those of the classes in the batch. */
export type GradientForm = 'dense' | 'touched';

/** Results of a step. */
export interface StepResult {
  /** Value of the loss before the step. */
  readonly loss: number;
  /** ∂loss/∂x [B, nDim], at the centers before the update. */
  readonly gradX: Float32Array;
}

/** Loss and its gradients. */
export interface Gradients<CenterGradients> {
  /** Value of the loss. */
  readonly loss: number;
  /** ∂loss/∂x [B, nDim]. */
  readonly gradX: Float32Array;
  /** ∂loss/∂centers; null if the centers are fixed. */
  readonly gradCenters: CenterGradients | null;
}

/** Arrays that the results of these names are written to, instead of new ones. */
export type Out<Name extends string> = { readonly [N in Name]?: Float32Array | undefined };

/** Option of a call that copies results out. */
export interface OutOption<Name extends string = 'gradX' | 'gradCenters'> {
  /**
   * Arrays for results, by their names, each a Float32Array of the length of its result: they are filled and returned.
   * Default new ones. A batch holds its own results.
   */
  readonly out?: Out<Name> | undefined;
}

/** Checked arrays of the caller: each gives its array again where growth of memory has detached it. */
export type Destinations = { readonly [name: string]: () => Float32Array };

/** Rows with labels, and where the results of a call go. */
interface WithOut {
  readonly x: Embeddings | Batch;
  readonly target: Target | null | undefined;
  readonly to: Destinations;
}

/**
 * Takes `out`, with the rows and labels that its arrays must not share memory with.
 * @param lengths length of each result, from the number of rows
 * @param operands other arrays that must not be overwritten
 * @throws CenterLossError `ERR_OPTION` beside a batch and for other names; `ERR_SHAPE` for an array of another type or
 * length, and for arrays that share memory
 */
export function takeOut<Name extends string>(
  call: string,
  out: Out<Name> | undefined,
  x: Embeddings | Batch,
  target: Target | null | undefined,
  { name = 'x', width, widthName }: Pick<InputSpec, 'name' | 'width' | 'widthName'>,
  lengths: Record<Name, (rows: number) => number>,
  operands: Record<string, NumberArray> = {},
): WithOut {
  if (out === undefined) return { x, target, to: {} };
  if (x instanceof Batch) checkNoMore(call, out, 'out: the batch holds the results');
  const names = Object.keys(lengths);
  if (isList(out)) {
    throw new CenterLossError('ERR_OPTION', `out must be an object { ${names.join(', ')} }, got ${givenType(out)}`);
  }
  checkOptions(out, names);
  // Code of the caller must have run before the results get their places.
  const given = Object.entries<Float32Array | undefined>(out).filter(([, array]) => array !== undefined);
  const values = asRows(x as Embeddings, name, width, widthName);
  const labels = target == null ? target : labelsOf(target, 'target', { values, name, width, widthName });
  const rows = countRows(values, name, width, widthName);
  const apart: Record<string, NumberArray> = { [name]: values, ...operands };
  const to: Record<string, () => Float32Array> = {};
  for (const [result, array] of given as [Name, Float32Array][]) {
    checkOut(array, lengths[result](rows), apart, `out.${result}`);
    apart[`out.${result}`] = array;
    to[result] = stable(array);
  }
  return { x: values, target: labels, to };
}

/** Takes `out` of a call that gives ∂loss/∂x and, with `hasCenters`, ∂loss/∂centers. @throws as {@link takeOut} */
export function takeGradientsOut(
  call: string,
  out: Out<'gradX' | 'gradCenters'> | undefined,
  { centers, nDim }: { readonly centers: { readonly params: Float32Array }; readonly nDim: number },
  x: Embeddings | Batch,
  target: Target | null | undefined,
  hasCenters = false,
): WithOut {
  if (out === undefined) return { x, target, to: {} };
  const { params } = centers;
  const lengths = { gradX: (rows: number) => rows * nDim, ...(hasCenters && { gradCenters: () => params.length }) };
  return takeOut(call, out, x, target, { width: nDim }, lengths as Required<typeof lengths>, { params });
}

/** Copies values at an address to an array of the caller, or else to a new one. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
function copyOut(address: number, length: number, to: (() => Float32Array) | undefined): Float32Array {
  if (!to) return copyFloats(address, length);
  readFloats(address, to());
  return to();
}

/** Shape of the centers whose gradient a batch holds, and its form. */
export interface CenterGradientSpec {
  readonly form: GradientForm;
  readonly nClasses: number;
  readonly nDim: number;
}

/** Number of classes in a batch, and the address of the list of them. */
function classList(batch: RustBatch): readonly [count: number, address: number] {
  const address = batch.address(BatchArray.SparseClasses);
  return [integers()[address / Int32Array.BYTES_PER_ELEMENT] ?? 0, address + Int32Array.BYTES_PER_ELEMENT];
}

/** Views on ∂loss/∂centers in a batch. */
export function centerGradient(
  batch: RustBatch,
  { form, nClasses, nDim }: CenterGradientSpec,
): Float32Array | TouchedRows {
  if (form === 'dense') return floatView(batch, batch.address(BatchArray.DenseGradient), nClasses * nDim);
  const [count, address] = classList(batch);
  return {
    classes: integerView(batch, address, count),
    rows: floatView(batch, batch.address(BatchArray.SparseGradient), count * nDim),
  };
}

/** Copies ∂loss/∂centers out of a batch for the caller to keep. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function copyCenterGradient(
  batch: RustBatch,
  { form, nClasses, nDim }: CenterGradientSpec,
  { gradCenters }: Destinations = {},
): Float32Array | TouchedRows {
  if (form === 'dense') return copyOut(batch.address(BatchArray.DenseGradient), nClasses * nDim, gradCenters);
  const [count, address] = classList(batch);
  const classes = new Int32Array(count);
  readIntegers(address, classes);
  return { classes, rows: copyFloats(batch.address(BatchArray.SparseGradient), count * nDim) };
}

/** Copies ∂loss/∂x, or ∂loss/∂logits, out of the scratch batch for the caller to keep. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export const copyGradX = ({ batch, rows }: Inputs, nDim: number, to?: () => Float32Array): Float32Array =>
  copyOut(batch.address(BatchArray.Out), rows * nDim, to);

/**
 * Result of a step that `move` makes: it returns the loss, writes ∂loss/∂x to the batch and moves the centers. The array
 * that is returned is allocated first, since nothing may fail once the centers have moved.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`; nothing has moved then
 */
export function stepResult(
  batch: Batch | undefined,
  { batch: rust, rows }: Inputs,
  nDim: number,
  move: () => number,
  to?: () => Float32Array,
): StepResult {
  const made = newFloats(batch || to ? 0 : rows * nDim);
  const loss = move();
  if (batch) return stepInPlace(loss, batch);
  return { loss, gradX: copyOut(rust.address(BatchArray.Out), rows * nDim, to ?? (() => made)) };
}

// Results that stay in WebAssembly memory. Their arrays are read through accessors, so that growth cannot leave them
// stale, and the accessors are own properties, so that the object can be spread and listed.

/** Result of a step with a batch. */
export function stepInPlace(loss: number, batch: Batch): StepResult {
  return {
    loss,
    get gradX() {
      return batch.gradX;
    },
  };
}

/** Result of `gradients` with a batch; `spec` is null if the centers have no gradient. */
export function gradientsInPlace<G>(loss: number, batch: Batch, spec: CenterGradientSpec | null): Gradients<G> {
  return {
    loss,
    get gradX() {
      return batch.gradX;
    },
    get gradCenters() {
      return (spec && centerGradient(batch.rust, spec)) as G | null;
    },
  };
}
