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

function resultWriter(
  format: ResultFormat,
  output: Output,
  kind: ResultKind,
  names: readonly string[] | undefined,
  { nRows, reader: { idName } }: Rows,
): Writer<Results> {
  const dtype = kind === 'labels' ? 'I32' : 'F32';
  if (format === 'npy') return npyWriter(output, dtype, nRows, [], (results) => results[kind]);
  if (format === 'json') return jsonWriter(output, linesOf(jsonOf, kind, names, idName));
  if (format === 'jsonl') {
    return lineWriter(
      output,
      '',
      linesOf((result) => `${jsonOf(result)}\n`, kind, names, idName),
    );
  }
  const head = `${idName === undefined ? '' : `${csvField(idName)},`}${kind === 'labels' ? 'label' : 'score,label,nearest'}${names ? ',name' : ''}\n`;
  return lineWriter(output, head, linesOf(csvLine, kind, names?.map(csvField)));
}

/** Results of rows, with their ids if they have any. */
type Results = Classification & Pick<Block, 'ids'>;

interface Result {
  readonly kind: ResultKind;
  readonly label: number;
  readonly score: number;
  readonly nearest: number;
  readonly names: readonly string[] | undefined;
  readonly id: string | undefined;
  readonly idName: string | undefined;
}

const linesOf =
  (lineOf: (result: Result) => string, kind: ResultKind, names: readonly string[] | undefined, idName?: string) =>
  ({ labels, scores, nearest, ids }: Results): string[] =>
    Array.from(labels, (label, i) =>
      lineOf({
        ...{ kind, label, names, idName, id: ids?.[i] },
        ...{ score: scores[i] as number, nearest: nearest[i] as number },
      }),
    );

/** Makes a line of a CSV; `names` are quoted already. */
const csvLine = ({ kind, label, score, nearest, names, id }: Result): string => {
  const name = names ? `,${names[label] ?? ''}` : '';
  const first = id === undefined ? '' : `${csvField(id)},`;
  return `${first}${kind === 'labels' ? label : `${shortest(score)},${label},${nearest}`}${name}\n`;
};

const jsonOf = ({ kind, label, score, nearest, names, id, idName }: Result): string => {
  // JSON has no infinity, the score of a row at no finite distance.
  const more = kind === 'scores' && { score: Number.isFinite(score) ? Number(shortest(score)) : null, nearest };
  const beside = idName === undefined ? {} : { [idName]: id };
  return JSON.stringify({ ...beside, label, ...(names && { name: names[label] ?? null }), ...more });
};
