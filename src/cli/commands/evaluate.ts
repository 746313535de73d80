import type { OpenSetClassifier, Side } from '../../index.js';
import { printable, UsageFailure } from '../failure.js';
import { PIPE } from '../input/byte-source.js';
import { LabelEncoder } from '../input/labels.js';
import { type InputOptions, openRows } from '../input/open.js';
import { classifyRows, loadModel, type Model, type ModelOptions } from '../model.js';
import { print, secondsSince } from '../report.js';
import { EvaluationAccumulator, MAX_CONFUSION_CLASSES } from './evaluation.js';
import { Reservoir } from './reservoir.js';

export interface EvaluationOptions extends InputOptions {
  /** True if an integer that no class has is an unknown row, and not an error. */
  readonly othersUnknown?: boolean | undefined;
}

export interface EvaluateOptions extends EvaluationOptions, ModelOptions {
  readonly model: string;
  readonly confusion?: boolean | undefined;
  /** Rows that the true positive rate of fpr95 is of. Default 'known'. */
  readonly positive?: Side | undefined;
}

/** Reports how many labeled rows a model classifies correctly, and how well its scores separate known and unknown rows. */
export async function evaluate(input: string, options: EvaluateOptions): Promise<void> {
  const started = performance.now();
  if (input === PIPE && options.model === PIPE) throw new UsageFailure('rows and model cannot both be standard input');
  const model = await loadModel(options.model, options);
  const { classifier, nClasses, names } = model;
  if (options.confusion && nClasses > MAX_CONFUSION_CLASSES) {
    throw new UsageFailure(`--confusion is for up to ${MAX_CONFUSION_CLASSES} classes, not for ${nClasses}`);
  }
  const { accumulator, rows } = await evaluateRows(input, model, options);
  const matrix = options.confusion ? accumulator.confusion : undefined;
  const report = {
    input,
    model: options.model,
    rows,
    ...accumulator.report(classifier.threshold !== undefined, options.positive),
    score: classifier.score,
    metric: classifier.metric ?? null,
    seconds: secondsSince(started),
    ...(matrix && { confusion: matrix, names: names ? [...names] : null }),
  };
  print(report, options.json, ['confusion', 'names']);
  if (matrix && !options.json) process.stdout.write(`\n${table(matrix, names)}`);
}

/** Results of labeled rows. */
export interface Evaluation {
  readonly accumulator: EvaluationAccumulator;
  readonly rows: number;
  /** Some of the rows, to be drawn. */
  readonly sample: Reservoir;
  /** Threshold of the model, or one of each class. */
  readonly threshold: OpenSetClassifier['threshold'];
}

/** Runs labeled rows through a model. A label that is not the name of a class is unknown. */
export async function evaluateRows(
  input: string,
  model: Model,
  options: EvaluationOptions,
  sampleRows = 0,
): Promise<Evaluation> {
  const accumulator = new EvaluationAccumulator(model.nClasses);
  const sample = new Reservoir(sampleRows, model.nDim, true);
  const encoder = new LabelEncoder(model, options.othersUnknown ? 'unknown' : 'unknown names');
  const source = await openRows(input, options, 'needed');
  const rows = await classifyRows('evaluate', source, model, options, (results, block) => {
    const target = encoder.encode(block, source);
    accumulator.add(results, target);
    sample.add(block.x, target);
  });
  return { accumulator, rows, sample, threshold: model.classifier.threshold };
}

/** Prints classes downwards and decisions across. */
function table(matrix: readonly (readonly number[])[], names: readonly string[] | undefined): string {
  const nameOf = (j: number) => (j === matrix.length - 1 ? 'unknown' : printable(names?.[j] ?? `${j}`));
  const cells = [
    ['class', ...matrix.map((_, j) => nameOf(j))],
    ...matrix.map((row, j) => [nameOf(j), ...row.map((count) => `${count}`)]),
  ];
  const widths = (cells[0] as string[]).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) => `${row.map((cell, column) => cell.padStart(widths[column] as number)).join(' ')}\n`)
    .join('');
}
