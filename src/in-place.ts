import type { Batch } from './batch.js';
import type { CenterGradient } from './center-gradient.js';
import type { Gradients, StepResult } from './center-loss.js';
import { newFloats, readFloats } from './memory.js';

// Results that stay in WebAssembly memory. Their arrays are taken anew at each read, so that growth can't leave them
// stale, by accessors of the object's own, so that it can be spread and listed.

/** The result of a step with a batch. */
export function stepInPlace(loss: number, batch: Batch): StepResult {
  return {
    loss,
    get gradX() {
      return batch.gradX;
    },
  };
}

/**
 * The result of a step that `move` makes: it gives the loss, leaves ∂loss/∂x of `rows` rows at an address, and moves the
 * centers. The array that is returned comes first: once they have moved nothing may fail.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`; nothing has moved then
 */
export function stepResult(
  batch: Batch | undefined,
  { rows, grad }: { readonly rows: number; readonly grad: number },
  nDim: number,
  move: () => number,
): StepResult {
  const gradX = newFloats(batch ? 0 : rows * nDim);
  const loss = move();
  if (batch) return stepInPlace(loss, batch);
  readFloats(grad, gradX);
  return { loss, gradX };
}

/** The result of `gradients` with a batch. */
export function gradientsInPlace<G>(loss: number, batch: Batch, gradient: CenterGradient | null): Gradients<G> {
  return {
    loss,
    get gradX() {
      return batch.gradX;
    },
    get gradCenters() {
      return (gradient && batch.viewOf(gradient)) as G | null;
    },
  };
}
