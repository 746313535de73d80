/**
 * Choice of rows that a threshold is fitted to, and that no center is made of: of each class one row in every
 * 1 / share, at random, so that the share holds in any order of the rows. The first row of a class is never chosen: it
 * makes a center. The same seed chooses the same rows.
 */
export class Holdout {
  readonly #share: number;
  readonly #seed: number;
  /** Rows of each class so far. */
  readonly #seen = new Map<number, number>();

  /** @param share from 0 to ½ */
  constructor(share: number, seed: number) {
    this.#share = share;
    this.#seed = seed;
  }

  /** Splits labels of rows x: those of chosen rows, which are finite, and those of the others; −1 elsewhere. */
  split(target: Int32Array, x: Float32Array): { readonly held: Int32Array; readonly others: Int32Array } {
    const nDim = x.length / target.length;
    const isUsable = (row: number) => x.subarray(row * nDim, (row + 1) * nDim).every(Number.isFinite);
    const held = target.map((label, row) => (label >= 0 && this.#isChosen(label) && isUsable(row) ? label : -1));
    return { held, others: target.map((label, i) => ((held[i] as number) < 0 ? label : -1)) };
  }

  #isChosen(label: number): boolean {
    const row = this.#seen.get(label) ?? 0;
    this.#seen.set(label, row + 1);
    const group = Math.floor(row * this.#share);
    const start = Math.ceil(group / this.#share);
    const size = Math.ceil((group + 1) / this.#share) - start;
    const random = mixed(this.#seed, label, group) / 2 ** 32;
    const at = group === 0 ? 1 + Math.floor(random * (size - 1)) : Math.floor(random * size);
    return row - start === at;
  }
}

/** Hashes numbers to 32 bits: the finalizer of MurmurHash3 (Appleby 2011) after each. */
function mixed(...numbers: readonly number[]): number {
  let hash = 0;
  for (const number of numbers) {
    hash = (hash + number + 0x9e37_79b9) | 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}
