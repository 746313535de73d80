import type { Centers as RustCenters } from '../wasm/bindings.js';

/** Calls of `gradients` after which centers that have never moved are a mistake. */
const WARN_AFTER_CALLS = 100;

/** Warns once when gradients are taken of centers that never move: the most frequent mistake with center loss. */
export class UnmovedCentersWarning {
  #calls = 0;
  #before = 0;
  #done = false;

  /** Notes that a gradient of the centers was taken. */
  gradientTaken(centers: RustCenters): void {
    if (this.#done) return;
    this.#calls += 1;
    if (this.#calls === 1) this.#before = centers.params_hash();
    if (this.#calls < WARN_AFTER_CALLS) return;
    this.#done = true;
    if (centers.params_hash() !== this.#before) return;
    console.warn(
      `center-loss: the centers have not moved in ${WARN_AFTER_CALLS} calls of gradients. Use step, or apply gradCenters to centers.params, or make them fixed.`,
    );
  }

  /** Notes that the centers were moved by a step. */
  stepTaken(): void {
    this.#done = true;
  }
}
