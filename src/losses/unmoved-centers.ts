import type { Centers as RustCenters } from '../wasm/bindings.js';

/** Calls of `gradients` after which centers that have never moved are a mistake. */
const WARN_AFTER_CALLS = 100;

/** Warns once when gradients are taken of centers that never move: the most frequent mistake with center loss. */
export class UnmovedCentersWarning {
  private _calls = 0;
  private _before = 0;
  private _done = false;

  /** Notes that a gradient of the centers was taken. */
  gradientTaken(centers: RustCenters): void {
    if (this._done) return;
    this._calls += 1;
    if (this._calls === 1) this._before = centers.params_hash();
    if (this._calls < WARN_AFTER_CALLS) return;
    this._done = true;
    if (centers.params_hash() !== this._before) return;
    console.warn(
      `center-loss: the centers have not moved in ${WARN_AFTER_CALLS} calls of gradients. Use step, or apply gradCenters to centers.params, or make them fixed.`,
    );
  }

  /** Notes that the centers were moved by a step. */
  stepTaken(): void {
    this._done = true;
  }
}
