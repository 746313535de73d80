import { encodeHeader } from '../files/npy-encode.js';
import type { Classification } from '../open-set.js';
import { Failure, UsageFailure } from './failure.js';
import type { Output } from './output.js';
import { shortest } from './report.js';

export const RESULT_FORMATS = ['csv', 'npy', 'jsonl'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** Which results of a row are asked for. */
export type What = 'labels' | 'scores';

/** Writes results of rows as they come. */
export interface ResultWriter {
  add(results: Classification): Promise<void>;
  /** Writes what can be known only after the last row. */
  finish(): Promise<void>;
}

/** The format of results: as said, or as the file is called. */
export function resultFormat(path: string, said: ResultFormat | undefined, json: boolean | undefined): ResultFormat {
  if (said) return said;
  const extension = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase();
  return RESULT_FORMATS.find((format) => format === extension) ?? (json && path === '-' ? 'jsonl' : 'csv');
}

export function resultWriter(
  format: ResultFormat,
  output: Output,
  what: What,
  names: readonly string[] | undefined,
  nRows: number | undefined,
): ResultWriter {
  if (format === 'npy') return new NpyWriter(output, what, nRows);
  return format === 'csv' ? csvWriter(output, what, names) : jsonWriter(output, what, names);
}

/** One line a row. */
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

function csvWriter(output: Output, what: What, names: readonly string[] | undefined): ResultWriter {
  const escaped = names?.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name));
  const nameOf = (label: number) => (escaped ? `,${escaped[label] ?? ''}` : '');
  const name = names ? ',name' : '';
  if (what === 'labels')
    return lineWriter(output, `label${name}\n`, ({ labels }, i) => `${labels[i]}${nameOf(labels[i] as number)}\n`);
  return lineWriter(
    output,
    `score,label,nearest${name}\n`,
    ({ labels, scores, nearest }, i) =>
      `${shortest(scores[i] as number)},${labels[i]},${nearest[i]}${nameOf(labels[i] as number)}\n`,
  );
}

function jsonWriter(output: Output, what: What, names: readonly string[] | undefined): ResultWriter {
  return lineWriter(output, '', ({ labels, scores, nearest }, i) => {
    const label = labels[i] as number;
    const score = scores[i] as number;
    // JSON has no infinity: the score of a row that has no finite distance is null.
    const more = what === 'scores' && {
      score: Number.isFinite(score) ? Number(shortest(score)) : null,
      nearest: nearest[i],
    };
    return `${JSON.stringify({ label, ...(names && { name: names[label] ?? null }), ...more })}\n`;
  });
}

/** An array [N] of labels (int32) or of scores (float32). */
class NpyWriter implements ResultWriter {
  readonly #output: Output;
  readonly #what: What;
  readonly #nRows: number | undefined;
  #rows = 0;

  constructor(output: Output, what: What, nRows: number | undefined) {
    if (nRows === undefined && output.isPipe) {
      throw new UsageFailure('the rows of a CSV are counted at its end, too late for .npy in a pipe: name an --output');
    }
    this.#output = output;
    this.#what = what;
    this.#nRows = nRows;
  }

  async add(results: Classification): Promise<void> {
    if (this.#rows === 0) await this.#output.write(this.#header(this.#nRows ?? 0));
    const { [this.#what]: values } = results;
    await this.#output.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.#rows += values.length;
  }

  async finish(): Promise<void> {
    if (this.#rows === 0) await this.#output.write(this.#header(0));
    else if (this.#nRows === undefined) await this.#output.rewrite(this.#header(this.#rows), 0);
    else if (this.#nRows !== this.#rows) throw new Failure(`${this.#rows} rows came, not ${this.#nRows}`);
  }

  /** As long for any number of rows. */
  #header(rows: number): Uint8Array {
    return encodeHeader(this.#what === 'labels' ? 'I32' : 'F32', [rows]);
  }
}
