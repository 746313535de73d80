import type { Classification } from '../../index.js';
import { UsageFailure } from '../failure.js';
import { PIPE } from '../input/byte-source.js';
import { type InputOptions, openRows } from '../input/open.js';
import { classifyRows, loadModel, type ModelOptions } from '../model.js';
import { formatOfOutput, type Output, writeOutput } from '../output/output.js';
import { csvField, jsonWriter, lineWriter, npyWriter, shortest, type Writer } from '../output/writers.js';
import { print, secondsSince } from '../report.js';

export const RESULT_FORMATS = ['csv', 'json', 'jsonl', 'npy'] as const;
type ResultFormat = (typeof RESULT_FORMATS)[number];

/** Result of a row that is written. */
type ResultKind = 'labels' | 'scores';

export interface PredictOptions extends InputOptions, ModelOptions {
  readonly model: string;
  readonly output: string;
  readonly to?: ResultFormat | undefined;
}

/** Writes the class of each row, or its score. */
export async function predict(kind: ResultKind, input: string, options: PredictOptions): Promise<void> {
  const started = performance.now();
  const { output: path, json } = options;
  if (input === PIPE && options.model === PIPE) throw new UsageFailure('rows and model cannot both be standard input');
  const format = options.to ?? formatOfOutput(path, RESULT_FORMATS) ?? (json && path === PIPE ? 'jsonl' : 'csv');
  const model = await loadModel(options.model, options);
  // Labels are not read, but a column of them is not part of the rows.
  const rows = await openRows(input, { ...options, labels: undefined, labelTensor: undefined }, 'none');
  let unknown = 0;
  const count = await writeOutput(path, async (output) => {
    const writer = resultWriter(format, output, kind, model.names, rows.nRows);
    const command = kind === 'labels' ? 'predict' : 'score';
    const count = await classifyRows(command, rows, model, options, async (results) => {
      unknown += results.labels.filter((label) => label < 0).length;
      await writer.add(results);
    });
    await writer.finish();
    return count;
  });
  if (path !== PIPE) print({ input, output: path, rows: count, unknown, seconds: secondsSince(started) }, json);
}

function resultWriter(
  format: ResultFormat,
  output: Output,
  kind: ResultKind,
  names: readonly string[] | undefined,
  nRows: number | undefined,
): Writer<Classification> {
  const dtype = kind === 'labels' ? 'I32' : 'F32';
  if (format === 'npy') return npyWriter(output, dtype, nRows, [], (results) => results[kind]);
  if (format === 'json') return jsonWriter(output, linesOf(jsonOf, kind, names));
  if (format === 'jsonl')
    return lineWriter(
      output,
      '',
      linesOf((...row) => `${jsonOf(...row)}\n`, kind, names),
    );
  const head = `${kind === 'labels' ? 'label' : 'score,label,nearest'}${names ? ',name' : ''}\n`;
  return lineWriter(output, head, linesOf(csvLine, kind, names?.map(csvField)));
}

type Line = (kind: ResultKind, label: number, score: number, nearest: number, names?: readonly string[]) => string;

const linesOf =
  (lineOf: Line, kind: ResultKind, names: readonly string[] | undefined) =>
  ({ labels, scores, nearest }: Classification): string[] =>
    Array.from(labels, (label, i) => lineOf(kind, label, scores[i] as number, nearest[i] as number, names));

/** Makes a line of a CSV; `names` are quoted already. */
const csvLine: Line = (kind, label, score, nearest, names) => {
  const name = names ? `,${names[label] ?? ''}` : '';
  return kind === 'labels' ? `${label}${name}\n` : `${shortest(score)},${label},${nearest}${name}\n`;
};

const jsonOf: Line = (kind, label, score, nearest, names) => {
  // JSON has no infinity, the score of a row at no finite distance.
  const more = kind === 'scores' && { score: Number.isFinite(score) ? Number(shortest(score)) : null, nearest };
  return JSON.stringify({ label, ...(names && { name: names[label] ?? null }), ...more });
};
