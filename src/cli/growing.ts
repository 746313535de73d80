type Values = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

const CHUNK = 2 ** 18;

/** Numbers that come one by one, in no more memory than they take: none is moved while more come. */
export class Growing<A extends Values> {
  readonly #type: { new (length: number): A };
  #chunks: A[] = [];
  #last: A;
  #used = 0;

  constructor(type: { new (length: number): A }) {
    this.#type = type;
    this.#last = new type(CHUNK);
  }

  push(value: number): void {
    if (this.#used === this.#last.length) {
      this.#chunks.push(this.#last);
      this.#last = new this.#type(CHUNK);
      this.#used = 0;
    }
    this.#last[this.#used++] = value;
  }

  /** All of them. */
  get values(): A {
    const rest = this.#last.subarray(0, this.#used) as A;
    const all = new this.#type(this.#chunks.reduce((sum, { length }) => sum + length, rest.length));
    let at = 0;
    for (const chunk of [...this.#chunks, rest]) {
      all.set(chunk, at);
      at += chunk.length;
    }
    // From here on they stand there alone.
    this.#chunks = all.length > 0 ? [all] : [];
    this.#last = new this.#type(CHUNK);
    this.#used = 0;
    return all;
  }
}
