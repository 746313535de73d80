import type { Classification } from '../../index.js';
import { encodeHeader } from '../../io/npy-encode.js';
import { Failure, UsageFailure } from '../failure.js';
import { shortest } from '../report.js';
import { csvField } from './csv.js';
import type { Output } from './output.js';

export const RESULT_FORMATS = ['csv', 'npy', 'jsonl'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** Result of a row that is written. */
export type ResultKind = 'labels' | 'scores';

/** Writer of results as they come. */
export interface ResultWriter {
  add(results: Classification): Promise<void>;
  /** Writes the values that are known after the last row. */
  finish(): Promise<void>;
}

/** Finds the format of results: the one that is named, or by the name of the file. */
export function resultFormat(path: string, named: ResultFormat | undefined, json: boolean | undefined): ResultFormat {
  if (named) return named;
  const extension = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase();
  return RESULT_FORMATS.find((format) => format === extension) ?? (json && path === '-' ? 'jsonl' : 'csv');
}

export function resultWriter(
  format: ResultFormat,
  output: Output,
  kind: ResultKind,
  names: readonly string[] | undefined,
  nRows: number | undefined,
): ResultWriter {
  if (format === 'npy') return new NpyWriter(output, kind, nRows);
  return format === 'csv' ? csvWriter(output, kind, names) : jsonWriter(output, kind, names);
}

/** Makes a writer of one line a row. */
function lineWriter(
  output: Output,
  head: string,
  line: (results: Classification, row: number) => string,
): ResultWriter {
  let begin = head;
  return {
    async add(results) {
      const lines = [begin];
      for (let i = 0; i < results.labels.length; i++) lines.push(line(results, i));
      begin = '';
      await output.write(lines.join(''));
    },
    async finish() {
      if (begin !== '') await output.write(begin);
    },
  };
}

function csvWriter(output: Output, kind: ResultKind, names: readonly string[] | undefined): ResultWriter {
  const escaped = names?.map(csvField);
  const nameOf = (label: number) => (escaped ? `,${escaped[label] ?? ''}` : '');
  const name = names ? ',name' : '';
  if (kind === 'labels')
    return lineWriter(output, `label${name}\n`, ({ labels }, i) => `${labels[i]}${nameOf(labels[i] as number)}\n`);
  return lineWriter(
    output,
    `score,label,nearest${name}\n`,
    ({ labels, scores, nearest }, i) =>
      `${shortest(scores[i] as number)},${labels[i]},${nearest[i]}${nameOf(labels[i] as number)}\n`,
  );
}

function jsonWriter(output: Output, kind: ResultKind, names: readonly string[] | undefined): ResultWriter {
  return lineWriter(output, '', ({ labels, scores, nearest }, i) => {
    const label = labels[i] as number;
    const score = scores[i] as number;
    // JSON has no infinity, the score of a row at no finite distance.
    const more = kind === 'scores' && {
      score: Number.isFinite(score) ? Number(shortest(score)) : null,
      nearest: nearest[i],
    };
    return `${JSON.stringify({ label, ...(names && { name: names[label] ?? null }), ...more })}\n`;
  });
}

/** Writer of an array [N] of labels (int32) or of scores (float32). */
class NpyWriter implements ResultWriter {
  readonly #output: Output;
  readonly #kind: ResultKind;
  readonly #nRows: number | undefined;
  #rows = 0;

  constructor(output: Output, kind: ResultKind, nRows: number | undefined) {
    if (nRows === undefined && output.isPipe) {
      throw new UsageFailure('the rows of a CSV are counted at its end, too late for .npy in a pipe: name an --output');
    }
    this.#output = output;
    this.#kind = kind;
    this.#nRows = nRows;
  }

  async add(results: Classification): Promise<void> {
    if (this.#rows === 0) await this.#output.write(this.#header(this.#nRows ?? 0));
    const { [this.#kind]: values } = results;
    await this.#output.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.#rows += values.length;
  }

  async finish(): Promise<void> {
    if (this.#rows === 0) await this.#output.write(this.#header(0));
    else if (this.#nRows === undefined) await this.#output.rewrite(this.#header(this.#rows), 0);
    else if (this.#nRows !== this.#rows) throw new Failure(`expected ${this.#nRows} rows, got ${this.#rows}`);
  }

  /** Makes the header, which has as many bytes for any number of rows. */
  #header(rows: number): Uint8Array {
    return encodeHeader(this.#kind === 'labels' ? 'I32' : 'F32', [rows]);
  }
}
