import { Block, type ClassCenters } from '../core.js';
import { openSet } from './load.js';

/** Stochastic gradient descent of centers, as `torch.optim.SGD`: v ← μ·v + ∂loss/∂c, c ← c − η·v. */
export class Sgd {
  #velocity: Block<Float32Array<ArrayBuffer>> | undefined;

  /**
   * A step, for which there is then memory: v is kept from the first step on that has momentum.
   * @returns what makes the step, from the address of ∂loss/∂c
   * @throws CenterLossError `ERR_OUT_OF_MEMORY`
   */
  prepare(centers: ClassCenters, rate: number, momentum: number): (gradient: number) => void {
    const length = centers.nClasses * centers.nFeatures;
    if (momentum > 0) this.#velocity ??= Block.floats(length, `the velocity of ${centers.nClasses} centers`);
    const velocity = momentum > 0 ? (this.#velocity?.address ?? 0) : 0;
    return (gradient) => openSet().sgd(centers.address, gradient, velocity, length, rate, momentum);
  }

  free(): void {
    this.#velocity?.free();
  }
}
