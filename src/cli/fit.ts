import { readFile, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { saveCenters } from '../files/index.js';
import type { ClassCenters, OpenSetClassifier as Classifier, Metric, Score } from '../open-set/api.js';
import { ClassStatistics, OpenSetClassifier } from '../open-set.js';
import { checkWritable } from './atomic.js';
import { isPipe, PIPE } from './byte-source.js';
import { Checkpoint, type State } from './checkpoint.js';
import { type Classes, Coder, surveyClasses } from './classes.js';
import { Failure, failureIn, inFile, quoted, UsageFailure } from './failure.js';
import { type InputOptions, openLabels, openRows } from './open.js';
import { writeOutput } from './output.js';
import { startProgress } from './progress.js';
import { print, secondsSince } from './report.js';
import { Reservoir } from './reservoir.js';
import type { Rows } from './rows.js';

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

/** What rows that a threshold is fitted to take in memory at most. */
const CALIBRATION_BYTES = 2 ** 25;

/** Centers, the means of classes, from labelled rows in one pass; with a score, a classifier that knows what is unknown. */
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
  const { counts, rejected, nFeatures } = statistics;
  const emptyClasses = counts.filter((count) => count === 0).length;
  if (emptyClasses === counts.length) throw new Failure(`${input}: none of the ${rows} rows has a class`);
  const centers = statistics.toCenters();
  const classifier = wantsClassifier ? await fitClassifier(centers, input, classes, options) : undefined;
  const names = classes.names ? { names: classes.names } : {};
  const bytes = classifier ? saveCenters(classifier, { ...names, counts }) : saveCenters(statistics, names);
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
    features: nFeatures,
    resumedAt,
    score: classifier?.score ?? null,
    threshold: typeof threshold === 'object' ? Array.from(threshold) : (threshold ?? null),
    seconds: secondsSince(started),
  };
  // Centers on standard output leave no room there for words.
  if (options.output !== PIPE) print(report, options.json);
}

/** Whether two paths lead to one file, be it there or not. */
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

/** Names, one a line, as a CSV would have them: without white space around. */
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
    if (found.has(name)) throw new Failure(`${file}: the name ${quoted(name)} stands there twice`);
    found.add(name);
  }
  return list;
}

interface Run {
  readonly state: State;
  /** The row that a checkpoint went on from; null without one. */
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
  resumed: State | undefined,
  checkpoint: Checkpoint | undefined,
): Promise<State> {
  const statistics =
    resumed?.statistics ?? new ClassStatistics(classes.nClasses, rows.nFeatures, { covariance: 'none' });
  const coder = new Coder(classes, 'refused');
  let state = { statistics, rows: 0, unknown: 0, ...resumed };
  await rows.skip(state.rows);
  const progress = startProgress('fit', rows, wanted);
  try {
    let blocks = 0;
    for (let block = await rows.next(); block; block = await rows.next()) {
      const target = coder.encodeBlock(block, state.rows, rows);
      statistics.add(block.x, target);
      const unknown = state.unknown + target.filter((label) => label < 0).length;
      state = { statistics, rows: state.rows + block.rows, unknown };
      blocks++;
      if (blocks % checkpointEvery === 0) {
        // Whether it is saved or not, what was added is settled here, so that a run that was interrupted and one that
        // was not give the same bits.
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
  centers: ClassCenters,
  input: string,
  classes: Classes,
  options: FitOptions,
): Promise<Classifier> {
  const { score, metric, tpr, perClass, calibration, calibrationLabels: labels } = options;
  const place = calibration === undefined ? options : { ...options, labels };
  const rows = await openRows(calibration ?? input, place, 'needed');
  return inFile(rows.name, async () => {
    const { nFeatures } = centers;
    if (rows.nFeatures !== nFeatures) {
      throw new Failure(`${rows.name}: rows have ${rows.nFeatures} features, but the centers ${nFeatures}`);
    }
    const kept = new Reservoir(Math.max(1000, Math.floor(CALIBRATION_BYTES / (4 * nFeatures))), nFeatures);
    const coder = new Coder(classes, 'unknown names');
    const progress = startProgress('threshold', rows, options.progress);
    let done = 0;
    for (let block = await rows.next(); block; block = await rows.next()) {
      kept.add(block.x, coder.encodeBlock(block, done, rows));
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
