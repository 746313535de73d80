import { encodeHeader } from '../../io/npy-encode.js';
import { UsageFailure } from '../failure.js';
import type { Output } from './output.js';

/** Writer of blocks of rows, or of their results. */
export interface Writer<Rows> {
  add(rows: Rows): Promise<void>;
  finish(): Promise<void>;
}

/** Output whose head is written with the first rows: an input that fails at once leaves a pipe empty. */
class HeadedOutput {
  readonly #output: Output;
  #head: Iterable<Uint8Array | string>;

  constructor(output: Output, head: Iterable<Uint8Array | string>) {
    this.#output = output;
    this.#head = head;
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    await this.writeHead();
    await this.#output.write(bytes);
  }

  /** Writes the head, unless it is written already. */
  async writeHead(): Promise<void> {
    const head = this.#head;
    this.#head = [];
    for (const part of head) await this.#output.write(part);
  }
}

/** Writes a line of text for each row. @param head parts of the text before them, made when they are written */
export function lineWriter<Rows>(
  output: Output,
  head: Iterable<string>,
  linesOf: (rows: Rows) => string[],
): Writer<Rows> {
  const headed = new HeadedOutput(output, head);
  return {
    add: (rows) => headed.write(linesOf(rows).join('')),
    finish: () => headed.writeHead(),
  };
}

/** Writes one JSON array, with a line for each row. */
export function jsonWriter<Rows>(output: Output, itemsOf: (rows: Rows) => string[]): Writer<Rows> {
  let separator = '[\n';
  return {
    async add(rows) {
      const items = itemsOf(rows);
      if (items.length === 0) return;
      await output.write(separator + items.join(',\n'));
      separator = ',\n';
    },
    finish: () => output.write(separator === ',\n' ? '\n]\n' : '[]\n'),
  };
}

/** Writes a .npy array [N, ...rowShape] of float32 or of int32. */
export function npyWriter<Rows>(
  output: Output,
  dtype: 'F32' | 'I32',
  nRows: number | undefined,
  rowShape: readonly [] | readonly [nDim: number],
  valuesOf: (rows: Rows) => Float32Array | Int32Array,
): Writer<Rows> {
  if (nRows === undefined && output.isPipe) {
    throw new UsageFailure('the rows of a CSV are counted at its end, too late for .npy in a pipe: write to a file');
  }
  // A header has as many bytes for any number of rows.
  const header = (rows: number) => encodeHeader(dtype, [rows, ...rowShape]);
  const headed = new HeadedOutput(output, [header(nRows ?? 0)]);
  let written = 0;
  return {
    async add(rows) {
      const values = valuesOf(rows);
      await headed.write(bytesOf(values));
      written += values.length;
    },
    async finish() {
      await headed.writeHead();
      if (nRows === undefined) await output.rewriteStart(header(written / (rowShape[0] ?? 1)));
    },
  };
}

export const bytesOf = (values: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Quotes a field of a CSV where it must be. */
export const csvField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Writes the fewest digits that are read as the same float32. */
export function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number.isFinite(value) ? Number(value.toPrecision(9)) : value);
}
