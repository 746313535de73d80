import { UsageFailure } from '../failure.js';
import { PIPE } from '../input/byte-source.js';
import { type InputOptions, openRows } from '../input/open.js';
import { loadModel, type ModelOptions } from '../model.js';
import { writeOutput } from '../output/output.js';
import { type ResultFormat, type ResultKind, resultFormat, resultWriter } from '../output/results.js';
import { print, secondsSince } from '../report.js';
import { classifyRows } from './classify-rows.js';

export interface PredictOptions extends InputOptions, ModelOptions {
  readonly model: string;
  readonly output: string;
  readonly to?: ResultFormat | undefined;
  readonly progress?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Writes the class of each row, or its score. */
export async function predict(kind: ResultKind, input: string, options: PredictOptions): Promise<void> {
  const started = performance.now();
  const { output: path, json } = options;
  if (input === PIPE && options.model === PIPE) throw new UsageFailure('rows and model cannot both be standard input');
  const model = await loadModel(options.model, options);
  // Labels are not read, but a column of them is not part of the rows.
  const rows = await openRows(input, { ...options, labels: undefined, labelTensor: undefined }, 'none');
  let unknown = 0;
  const count = await writeOutput(path, async (output) => {
    const format = resultFormat(path, options.to, json);
    const writer = resultWriter(format, output, kind, model.names, rows.nRows);
    const command = kind === 'labels' ? 'predict' : 'score';
    const count = await classifyRows(command, rows, model, options.progress, async (results) => {
      unknown += results.labels.filter((label) => label < 0).length;
      await writer.add(results);
    });
    await writer.finish();
    return count;
  });
  if (path !== PIPE) print({ input, output: path, rows: count, unknown, seconds: secondsSince(started) }, json);
}
