type Values = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

const CHUNK_LEN = 2 ** 18;

/** Array that grows by chunks, so that no value is moved while more come. */
export class GrowableArray<A extends Values> {
  readonly #type: { new (length: number): A };
  #chunks: A[] = [];
  #last: A;
  #used = 0;

  constructor(type: { new (length: number): A }) {
    this.#type = type;
    this.#last = new type(CHUNK_LEN);
  }

  push(value: number): void {
    if (this.#used === this.#last.length) {
      this.#chunks.push(this.#last);
      this.#last = new this.#type(CHUNK_LEN);
      this.#used = 0;
    }
    this.#last[this.#used++] = value;
  }

  get values(): A {
    const rest = this.#last.subarray(0, this.#used) as A;
    const all = new this.#type(this.#chunks.reduce((sum, { length }) => sum + length, rest.length));
    let at = 0;
    for (const chunk of [...this.#chunks, rest]) {
      all.set(chunk, at);
      at += chunk.length;
    }
    // The joined array takes the place of the chunks, so that values are not kept twice.
    this.#chunks = all.length > 0 ? [all] : [];
    this.#last = new this.#type(CHUNK_LEN);
    this.#used = 0;
    return all;
  }
}
