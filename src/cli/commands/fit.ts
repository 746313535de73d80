import { readFile, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type CenterValues, ClassStatistics, type Metric, OpenSetClassifier, type Score } from '../../index.js';
import { Failure, failureIn, inFile, quoted, UsageFailure } from '../failure.js';
import { isPipe, PIPE } from '../input/byte-source.js';
import { type Classes, LabelEncoder, surveyClasses } from '../input/labels.js';
import { type InputOptions, openLabels, openRows } from '../input/open.js';
import type { Rows } from '../input/rows.js';
import { saveCenters, withCounts } from '../model.js';
import { writeOutput } from '../output/output.js';
import { checkWritable } from '../output/temp-file.js';
import { startProgress } from '../progress.js';
import { print, secondsSince } from '../report.js';
import { Checkpoint, type FitState } from './checkpoint.js';
import { checkDimensions } from './classify-rows.js';
import { Reservoir } from './reservoir.js';

export interface FitOptions extends InputOptions {
  readonly output: string;
  readonly classes?: number | undefined;
  readonly names?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly checkpointEvery: number;
  readonly score?: Score | undefined;
  readonly metric?: Metric | undefined;
  readonly tpr?: number | undefined;
  readonly perClass?: boolean | undefined;
  readonly calibration?: string | undefined;
  readonly calibrationLabels?: string | undefined;
  readonly progress?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Most bytes of the rows that a threshold is fitted to. */
const CALIBRATION_BYTES = 2 ** 25;

/** Makes the mean of each class its center in one pass over labelled rows; with a score, fits a classifier. */
export async function fit(input: string, options: FitOptions): Promise<void> {
  const started = performance.now();
  const wantsClassifier = options.score !== undefined || options.tpr !== undefined || options.perClass === true;
  for (const name of ['calibration', 'metric'] as const) {
    if (options[name] === undefined || wantsClassifier) continue;
    throw new UsageFailure(`--${name} is for a threshold: name a --score or a --tpr`);
  }
  if (options.calibrationLabels !== undefined && options.calibration === undefined) {
    throw new UsageFailure('--calibration-labels are of other rows: name these as --calibration');
  }
  if (wantsClassifier && options.calibration === undefined && (await isPipe(input))) {
    throw new UsageFailure('a threshold needs rows a second time, which a pipe does not give: name a --calibration');
  }
  if (options.checkpoint !== undefined && (await isSame(options.checkpoint, options.output))) {
    throw new UsageFailure('--checkpoint and --output are the same file: the checkpoint is removed at the end');
  }
  await checkWritable(options.output);
  const classes = await findClasses(input, options);
  const { state, resumedAt, checkpoint } = await runThrough(input, classes, options);
  const { statistics, rows, unknown } = state;
  const { counts, rejected, nDim } = statistics;
  const emptyClasses = counts.filter((count) => count === 0).length;
  if (emptyClasses === counts.length) throw new Failure(`${input}: none of the ${rows} rows has a class`);
  const { names } = classes;
  const centers = centersOf(statistics);
  const classifier = wantsClassifier ? await fitClassifier({ ...centers, names }, input, classes, options) : undefined;
  const bytes = classifier ? withCounts(classifier.save(), counts) : saveCenters(centers, { names, counts });
  await writeOutput(options.output, (output) => output.write(bytes));
  await checkpoint?.remove();
  const threshold = classifier?.threshold;
  const report = {
    input,
    output: options.output,
    rows,
    unknown,
    rejected,
    classes: classes.nClasses,
    emptyClasses,
    dimensions: nDim,
    resumedAt,
    score: classifier?.score ?? null,
    threshold: typeof threshold === 'object' ? Array.from(threshold) : (threshold ?? null),
    seconds: secondsSince(started),
  };
  // The report must not follow the centers on standard output.
  if (options.output !== PIPE) print(report, options.json);
}

function centersOf(statistics: ClassStatistics): CenterValues {
  const { nClasses, nDim } = statistics;
  const centers = statistics.toCenters();
  const params = centers.toArray();
  centers.dispose();
  return { params, nClasses, nDim };
}

/** Tells whether two paths lead to one file, which may not exist. */
async function isSame(path: string, other: string): Promise<boolean> {
  const [place, otherPlace] = await Promise.all([path, other].map((each) => realpath(each).catch(() => resolve(each))));
  return place === otherPlace;
}

async function findClasses(input: string, options: FitOptions): Promise<Classes> {
  const { classes, names } = options;
  if (names !== undefined) {
    const text = await readFile(names, 'utf8').catch((error) => {
      throw failureIn(names, error);
    });
    const list = namesIn(text, names);
    if (classes !== undefined && classes !== list.length) {
      throw new UsageFailure(`--classes is ${classes}, but ${names} has ${list.length} names`);
    }
    return { nClasses: list.length, names: list };
  }
  if (classes !== undefined) return { nClasses: classes };
  const place = options.labels ?? input;
  if (await isPipe(place)) throw new UsageFailure('labels from a pipe are seen once: say how many --classes there are');
  if (options.labels === undefined) await (await openRows(input, options, 'needed')).close();
  const labels = await openLabels(place, options);
  try {
    const found = await surveyClasses(labels);
    if (found.nClasses > 0) return found;
    throw new Failure(`${labels.name}: no row has a class: all labels are below 0, or there are none`);
  } finally {
    await labels.close();
  }
}

/** Reads names, one a line. White space around a name is no part of it, as in a CSV. */
function namesIn(text: string, file: string): string[] {
  const list = text
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split(/\r?\n/)
    .map((name) => name.trim());
  const found = new Set<string>();
  for (const [j, name] of list.entries()) {
    if (name === '') throw new Failure(`${file}: line ${j + 1} has no name`);
    if (name.includes('\ufffd')) throw new Failure(`${file}: the name ${quoted(name)} is not UTF-8`);
    if (found.has(name)) throw new Failure(`${file}: the name ${quoted(name)} is there twice`);
    found.add(name);
  }
  return list;
}

interface Run {
  readonly state: FitState;
  /** Row that a checkpoint went on from; null without one. */
  readonly resumedAt: number | null;
  readonly checkpoint: Checkpoint | undefined;
}

async function runThrough(input: string, classes: Classes, options: FitOptions): Promise<Run> {
  const checkpoint = options.checkpoint === undefined ? undefined : await checkpointOf(input, classes, options);
  const resumed = await checkpoint?.load();
  const rows = await openRows(input, options, 'needed');
  const state = await inFile(rows.name, () => addAll(rows, classes, options, resumed, checkpoint));
  await rows.close();
  return { state, resumedAt: resumed?.rows ?? null, checkpoint };
}

function checkpointOf(input: string, classes: Classes, options: FitOptions): Promise<Checkpoint> {
  const { checkpoint = '', labels, labelColumn, tensor, labelTensor, format, delimiter, checkpointEvery } = options;
  const inputs = labels === undefined ? [input] : [input, labels];
  const settings = { classes, labelColumn, tensor, labelTensor, format, delimiter, checkpointEvery };
  return Checkpoint.at(checkpoint, inputs, settings);
}

async function addAll(
  rows: Rows,
  classes: Classes,
  { checkpointEvery, progress: wanted }: FitOptions,
  resumed: FitState | undefined,
  checkpoint: Checkpoint | undefined,
): Promise<FitState> {
  const statistics = resumed?.statistics ?? new ClassStatistics(classes.nClasses, rows.nDim, { covariance: 'none' });
  const encoder = new LabelEncoder(classes, 'refused');
  let state = { statistics, rows: 0, unknown: 0, ...resumed };
  await rows.skip(state.rows);
  const progress = startProgress('fit', rows, wanted);
  try {
    let blocks = 0;
    for (let block = await rows.next(); block; block = await rows.next()) {
      const target = encoder.encodeBlock(block, state.rows, rows);
      statistics.add(block.x, target);
      const unknown = state.unknown + target.filter((label) => label < 0).length;
      state = { statistics, rows: state.rows + block.rows, unknown };
      blocks++;
      if (blocks % checkpointEvery === 0) {
        // Reading a total flushes the rows, as saving does: a run gives the same bits with and without a checkpoint.
        if (checkpoint) await checkpoint.save(state);
        else void statistics.rejected;
      }
      progress.update(state.rows);
    }
  } finally {
    progress.stop();
  }
  return state;
}

async function fitClassifier(
  centers: CenterValues & { readonly names: readonly string[] | undefined },
  input: string,
  classes: Classes,
  options: FitOptions,
): Promise<OpenSetClassifier> {
  const { score, metric, tpr, perClass, calibration, calibrationLabels: labels } = options;
  const place = calibration === undefined ? options : { ...options, labels };
  const rows = await openRows(calibration ?? input, place, 'needed');
  return inFile(rows.name, async () => {
    const { nDim } = centers;
    checkDimensions(rows, nDim);
    const kept = new Reservoir(Math.max(1000, Math.floor(CALIBRATION_BYTES / (4 * nDim))), nDim);
    const encoder = new LabelEncoder(classes, 'unknown names');
    const progress = startProgress('threshold', rows, options.progress);
    let done = 0;
    for (let block = await rows.next(); block; block = await rows.next()) {
      kept.add(block.x, encoder.encodeBlock(block, done, rows));
      done += block.rows;
      progress.update(done);
    }
    progress.stop();
    await rows.close();
    const how = { ...(score && { score }), ...(metric && { metric }) };
    const { x, target } = kept.rows;
    return new OpenSetClassifier(centers, how).fit(x, target, {
      ...(tpr !== undefined && { tpr }),
      ...(perClass !== undefined && { perClass }),
    });
  });
}
