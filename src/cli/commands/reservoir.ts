/** Random sample of the rows of a file: at most `maxRows`, each row as likely as any other. */
export class Reservoir {
  #x = new Float32Array(0);
  #target = new Int32Array(0);
  readonly #maxRows: number;
  readonly #nDim: number;
  readonly #random = random();
  readonly #keepsUnknown: boolean;
  #seen = 0;

  /** @param keepsUnknown true if rows without a class are kept, too */
  constructor(maxRows: number, nDim: number, keepsUnknown = false) {
    this.#maxRows = maxRows;
    this.#nDim = nDim;
    this.#keepsUnknown = keepsUnknown;
  }

  /** Vitter's algorithm R ("Random sampling with a reservoir", 1985), which does not need to know the number of rows. */
  add(x: Float32Array, target: Int32Array): void {
    for (let i = 0; i < target.length; i++) {
      const label = target[i] as number;
      if (label < 0 && !this.#keepsUnknown) continue;
      const place = this.#seen < this.#maxRows ? this.#seen : Math.floor(this.#random() * (this.#seen + 1));
      this.#seen++;
      if (place >= this.#maxRows) continue;
      if (place >= this.#target.length) this.#grow();
      this.#x.set(x.subarray(i * this.#nDim, (i + 1) * this.#nDim), place * this.#nDim);
      this.#target[place] = label;
    }
  }

  /** Doubles the memory: it follows the rows that came, not those that may come. */
  #grow(): void {
    const [x, target] = [this.#x, this.#target];
    const rows = Math.min(this.#maxRows, Math.max(64, 2 * target.length));
    this.#x = new Float32Array(rows * this.#nDim);
    this.#target = new Int32Array(rows);
    this.#x.set(x);
    this.#target.set(target);
  }

  get rows(): { readonly x: Float32Array; readonly target: Int32Array } {
    const count = Math.min(this.#seen, this.#maxRows);
    return { x: this.#x.subarray(0, count * this.#nDim), target: this.#target.subarray(0, count) };
  }
}

/** Generator of numbers from 0 to 1, the same in every run: xorshift32 (Marsaglia 2003). */
function random(): () => number {
  let state = 0x9e37_79b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
