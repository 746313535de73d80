import type { Classification } from '../../index.js';
import { UsageFailure } from '../failure.js';
import { PIPE } from '../input/byte-source.js';
import { type InputOptions, openRows } from '../input/open.js';
import type { Block, Rows } from '../input/rows.js';
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
  // Labels are not read, but a column of them is not part of the rows, unless --no-labels says that there is none.
  const labels = options.labels === false ? false : undefined;
  const rows = await openRows(input, { ...options, labels, labelTensor: undefined }, 'none');
  const { idName } = rows.reader;
  if (format === 'npy' && idName !== undefined) {
    throw new UsageFailure('an array has no place for the ids of --id-column: write .csv, .json or .jsonl');
  }
  let unknown = 0;
  const count = await writeOutput(path, async (output) => {
    const writer = resultWriter(format, output, kind, model.names, rows);
    const command = kind === 'labels' ? 'predict' : 'score';
    const count = await classifyRows(command, rows, model, options, async (results, { ids }) => {
      unknown += results.labels.filter((label) => label < 0).length;
      await writer.add({ ...results, ids });
    });
    await writer.finish();
    return count;
  });
  if (path !== PIPE) print({ input, output: path, rows: count, unknown, seconds: secondsSince(started) }, json);
}

/** Results of rows, with their ids if they have any. */
type Results = Classification & Pick<Block, 'ids'>;

function resultWriter(
  format: ResultFormat,
  output: Output,
  kind: ResultKind,
  names: readonly string[] | undefined,
  { nRows, reader: { idName } }: Rows,
): Writer<Results> {
  const withScores = kind === 'scores';
  if (format === 'npy') return npyWriter(output, withScores ? 'F32' : 'I32', nRows, [], (results) => results[kind]);
  const linesOf = (lineOf: (results: Results, row: number) => string) => (results: Results) =>
    Array.from(results.labels, (_, row) => lineOf(results, row));
  const jsonOf = ({ labels, scores, nearest, ids }: Results, row: number): string => {
    const [label, score] = [labels[row] as number, scores[row] as number];
    // JSON has no infinity, the score of a row at no finite distance.
    const more = withScores && {
      score: Number.isFinite(score) ? Number(shortest(score)) : null,
      nearest: nearest[row],
    };
    const beside = idName === undefined ? {} : { [idName]: ids?.[row] };
    return JSON.stringify({ ...beside, label, ...(names && { name: names[label] ?? null }), ...more });
  };
  if (format === 'json') return jsonWriter(output, linesOf(jsonOf));
  if (format === 'jsonl') {
    return lineWriter(
      output,
      [],
      linesOf((...result) => `${jsonOf(...result)}\n`),
    );
  }
  const quotedNames = names?.map(csvField);
  const csvOf = ({ labels, scores, nearest, ids }: Results, row: number): string => {
    const label = labels[row] as number;
    const id = ids ? `${csvField(ids[row] as string)},` : '';
    const name = quotedNames ? `,${quotedNames[label] ?? ''}` : '';
    return `${id}${withScores ? `${shortest(scores[row] as number)},${label},${nearest[row]}` : label}${name}\n`;
  };
  const head = `${idName === undefined ? '' : `${csvField(idName)},`}${withScores ? 'score,label,nearest' : 'label'}${names ? ',name' : ''}\n`;
  return lineWriter(output, [head], linesOf(csvOf));
}
