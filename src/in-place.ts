import type { Batch } from './batch.js';
import type { CenterGradient, TouchedRows } from './center-gradient.js';

/** Results that stay in WebAssembly memory: arrays taken anew at each read, so that growth can't leave them stale. */
export class StepInPlace {
  readonly loss: number;
  readonly #batch: Batch;

  constructor(loss: number, batch: Batch) {
    this.loss = loss;
    this.#batch = batch;
  }

  get gradX(): Float32Array {
    return this.#batch.gradX;
  }
}

export class GradientsInPlace extends StepInPlace {
  readonly #gradient: CenterGradient | null;

  constructor(loss: number, batch: Batch, gradient: CenterGradient | null) {
    super(loss, batch);
    this.#gradient = gradient;
  }

  get gradCenters(): Float32Array | TouchedRows | null {
    return this.#gradient?.view ?? null;
  }
}
