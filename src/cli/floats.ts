/** Numbers that come one by one, in as little memory as they take. */
export class GrowingFloats {
  #values = new Float32Array(2 ** 12);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const more = new Float32Array(Math.ceil(this.#length * 1.5));
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#length++] = value;
  }

  /** A view, until the next one comes. */
  get values(): Float32Array {
    return this.#values.subarray(0, this.#length);
  }
}
