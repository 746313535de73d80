import { openSet } from './load.js';

/** Calls after which centers that have never moved are no longer a beginning. */
const PATIENCE = 100;

/** Notices that gradients are taken of centers that nobody moves: the most usual mistake with center loss. */
export class UpdateWatch {
  #calls = 0;
  #before = 0;
  #done = false;

  /** A gradient of the centers was taken, which stand there with so many values. */
  gradientTaken(address: number, length: number): void {
    if (this.#done) return;
    this.#calls += 1;
    if (this.#calls === 1) this.#before = openSet().fingerprint(address, length);
    if (this.#calls < PATIENCE) return;
    this.#done = true;
    if (openSet().fingerprint(address, length) !== this.#before) return;
    console.warn(
      `center-loss: after ${PATIENCE} calls of gradients the centers are where they were. Use step, or apply gradCenters to centers.params, or make them fixed.`,
    );
  }

  /** The centers were moved by us. */
  stepTaken(): void {
    this.#done = true;
  }
}
