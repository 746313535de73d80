import type { Batch } from '../memory/batch.js';
import type { Inputs } from '../memory/inputs.js';
import { copyFloats, floatView, integers, integerView, newFloats, readFloats, readIntegers } from '../memory/views.js';
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
): Float32Array | TouchedRows {
  if (form === 'dense') return copyFloats(batch.address(BatchArray.DenseGradient), nClasses * nDim);
  const [count, address] = classList(batch);
  const classes = new Int32Array(count);
  readIntegers(address, classes);
  return { classes, rows: copyFloats(batch.address(BatchArray.SparseGradient), count * nDim) };
}

/** Copies ∂loss/∂x out of the scratch batch for the caller to keep. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export const copyGradX = ({ batch, rows }: Inputs, nDim: number): Float32Array<ArrayBuffer> =>
  copyFloats(batch.address(BatchArray.Out), rows * nDim);

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
): StepResult {
  const gradX = newFloats(batch ? 0 : rows * nDim);
  const loss = move();
  if (batch) return stepInPlace(loss, batch);
  readFloats(rust.address(BatchArray.Out), gradX);
  return { loss, gradX };
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
