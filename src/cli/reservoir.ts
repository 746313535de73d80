/** Known rows of a file, each as likely as any other, as many as memory holds. */
export class Reservoir {
  readonly #x: Float32Array;
  readonly #target: Int32Array;
  readonly #nFeatures: number;
  readonly #random = random();
  #seen = 0;

  /** @param most rows at most */
  constructor(most: number, nFeatures: number) {
    this.#x = new Float32Array(most * nFeatures);
    this.#target = new Int32Array(most);
    this.#nFeatures = nFeatures;
  }

  /** Vitter's algorithm R ("Random sampling with a reservoir", 1985): the number of rows need not be known. */
  add(x: Float32Array, target: Int32Array): void {
    for (let i = 0; i < target.length; i++) {
      const label = target[i] as number;
      if (label < 0) continue;
      const place = this.#seen < this.#target.length ? this.#seen : Math.floor(this.#random() * (this.#seen + 1));
      this.#seen++;
      if (place >= this.#target.length) continue;
      this.#x.set(x.subarray(i * this.#nFeatures, (i + 1) * this.#nFeatures), place * this.#nFeatures);
      this.#target[place] = label;
    }
  }

  get rows(): { readonly x: Float32Array; readonly target: Int32Array } {
    const count = Math.min(this.#seen, this.#target.length);
    return { x: this.#x.subarray(0, count * this.#nFeatures), target: this.#target.subarray(0, count) };
  }
}

/** Numbers from 0 to 1, the same in every run: xorshift32 (Marsaglia 2003). */
function random(): () => number {
  let state = 0x9e37_79b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
