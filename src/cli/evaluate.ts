import { PIPE } from './byte-source.js';
import { Coder } from './classes.js';
import { classifyAll } from './classified.js';
import { UsageFailure } from './failure.js';
import { loadModel, type Model, type ModelOptions } from './model.js';
import { type InputOptions, openRows } from './open.js';
import { MOST_CONFUSED, Outcome } from './outcome.js';
import { print, secondsSince } from './report.js';

export interface OutcomeOptions extends InputOptions {
  /** Whether whole numbers that no class has are unknown rows, and not an error. */
  readonly othersUnknown?: boolean | undefined;
  readonly progress?: boolean | undefined;
}

export interface EvaluateOptions extends OutcomeOptions, ModelOptions {
  readonly model: string;
  readonly confusion?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** How right a model is on labelled rows, and how well its scores tell known rows from unknown ones. */
export async function evaluate(input: string, options: EvaluateOptions): Promise<void> {
  const started = performance.now();
  if (input === PIPE && options.model === PIPE) throw new UsageFailure('rows and model can not both be standard input');
  const model = await loadModel(options.model, options);
  const { classifier, nClasses, names } = model;
  if (options.confusion && nClasses > MOST_CONFUSED) {
    throw new UsageFailure(`--confusion is for up to ${MOST_CONFUSED} classes, not for ${nClasses}`);
  }
  const { outcome, rows } = await outcomeOf(input, model, options);
  const matrix = options.confusion && outcome.confusion ? matrixOf(outcome.confusion, nClasses) : undefined;
  const report = {
    input,
    model: options.model,
    rows,
    ...outcome.report(classifier.threshold !== undefined),
    score: classifier.score,
    metric: classifier.metric ?? null,
    seconds: secondsSince(started),
    ...(matrix && { confusion: matrix, names: names ? [...names] : null }),
  };
  print(report, options.json, ['confusion', 'names']);
  if (matrix && !options.json) process.stdout.write(`\n${table(matrix, names)}`);
}

/** Runs labelled rows through a model; labels that are no names of its classes are unknown. */
export async function outcomeOf(
  input: string,
  model: Model,
  options: OutcomeOptions,
): Promise<{ outcome: Outcome; rows: number }> {
  const outcome = new Outcome(model.nClasses);
  const coder = new Coder(model, options.othersUnknown ? 'unknown' : 'unknown names');
  const source = await openRows(input, options, 'needed');
  const rows = await classifyAll('evaluate', source, model, options.progress, (results, block, first) => {
    outcome.add(results, coder.encodeBlock(block, first, source));
  });
  return { outcome, rows };
}

function matrixOf(confusion: Uint32Array, nClasses: number): number[][] {
  const size = nClasses + 1;
  return Array.from({ length: size }, (_, row) => Array.from(confusion.subarray(row * size, (row + 1) * size)));
}

/** Rows by class, downwards, and what they were taken for. */
function table(matrix: readonly (readonly number[])[], names: readonly string[] | undefined): string {
  const nameOf = (j: number) => (j === matrix.length - 1 ? 'unknown' : (names?.[j] ?? `${j}`));
  const cells = [
    ['class', ...matrix.map((_, j) => nameOf(j))],
    ...matrix.map((row, j) => [nameOf(j), ...row.map((count) => `${count}`)]),
  ];
  const widths = (cells[0] as string[]).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) => `${row.map((cell, column) => cell.padStart(widths[column] as number)).join(' ')}\n`)
    .join('');
}
