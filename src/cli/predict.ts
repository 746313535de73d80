import { PIPE } from './byte-source.js';
import { classifyAll } from './classified.js';
import { UsageFailure } from './failure.js';
import { loadModel, type ModelOptions } from './model.js';
import { type InputOptions, openRows } from './open.js';
import { writeOutput } from './output.js';
import { print, secondsSince } from './report.js';
import { type ResultFormat, resultFormat, resultWriter, type What } from './results.js';

export interface PredictOptions extends InputOptions, ModelOptions {
  readonly model: string;
  readonly output: string;
  readonly to?: ResultFormat | undefined;
  readonly progress?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** A class for each row, or how unknown each row looks. */
export async function predict(what: What, input: string, options: PredictOptions): Promise<void> {
  const started = performance.now();
  const { output: path, json } = options;
  if (input === PIPE && options.model === PIPE) throw new UsageFailure('rows and model can not both be standard input');
  const model = await loadModel(options.model, options);
  // Labels are not looked at, but a column of them is no feature.
  const rows = await openRows(input, { ...options, labels: undefined, labelTensor: undefined }, 'none');
  let unknown = 0;
  const count = await writeOutput(path, async (output) => {
    const format = resultFormat(path, options.to, json);
    const writer = resultWriter(format, output, what, model.names, rows.nRows);
    const name = what === 'labels' ? 'predict' : 'score';
    const count = await classifyAll(name, rows, model, options.progress, async (results) => {
      unknown += results.labels.filter((label) => label < 0).length;
      await writer.add(results);
    });
    await writer.finish();
    return count;
  });
  if (path !== PIPE) print({ input, output: path, rows: count, unknown, seconds: secondsSince(started) }, json);
}
