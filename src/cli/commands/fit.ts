import { readFile, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ClassCenters, ClassStatistics, type Metric, OpenSetClassifier, type Score } from '../../index.js';
import { Failure, inFile, quoted, UsageFailure } from '../failure.js';
import { isPipe, PIPE } from '../input/byte-source.js';
import { type Classes, LabelEncoder, surveyClasses } from '../input/labels.js';
import { type InputOptions, openRows } from '../input/open.js';
import { checkDimensions, makeCenters, withCounts } from '../model.js';
import { checkWritable, writeOutput } from '../output/output.js';
import { eachBlock } from '../progress.js';
import { print, secondsSince } from '../report.js';
import { Checkpoint, type FitState } from './checkpoint.js';
import { Reservoir } from './reservoir.js';

export interface FitOptions extends InputOptions {
  readonly output: string;
  readonly classes?: number | undefined;
  readonly names?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly checkpointEvery: number;
  readonly score?: Score | undefined;
  readonly metric?: Metric | undefined;
  readonly temperature?: number | undefined;
  readonly tpr?: number | undefined;
  readonly perClass?: boolean | undefined;
  readonly calibration?: string | undefined;
  readonly calibrationLabels?: string | undefined;
}

/** Most bytes of the rows that a threshold is fitted to. */
const CALIBRATION_BYTES = 2 ** 25;

/** Makes the mean of each class its center in one pass over labelled rows; with a score, fits a classifier. */
export async function fit(input: string, options: FitOptions): Promise<void> {
  const started = performance.now();
  const wantsClassifier = options.score !== undefined || options.tpr !== undefined || options.perClass === true;
  await checkOptions(input, options, wantsClassifier);
  await checkWritable(options.output);
  const classes = await findClasses(input, options);
  const checkpoint = options.checkpoint === undefined ? undefined : await checkpointOf(input, classes, options);
  const resumed = await checkpoint?.load();
  const { statistics, rows, unknown } = await addRows(input, classes, options, resumed, checkpoint);
  const { counts, rejected, nClasses, nDim } = statistics;
  const emptyClasses = counts.filter((count) => count === 0).length;
  if (emptyClasses === nClasses) throw new Failure(`${input}: none of the ${rows} rows has a class`);
  const centers = centersOf(statistics, classes.names);
  const classifier = wantsClassifier ? await fitClassifier(centers, input, classes, options) : undefined;
  const bytes = withCounts((classifier ?? centers).save(), counts);
  await writeOutput(options.output, (output) => output.write(bytes));
  await checkpoint?.remove();
  const threshold = classifier?.threshold;
  const report = {
    input,
    output: options.output,
    rows,
    unknown,
    rejected,
    classes: nClasses,
    emptyClasses,
    dimensions: nDim,
    resumedAt: resumed?.rows ?? null,
    score: classifier?.score ?? null,
    threshold: typeof threshold === 'object' ? Array.from(threshold) : (threshold ?? null),
    seconds: secondsSince(started),
  };
  // The report must not follow the centers on standard output.
  if (options.output !== PIPE) print(report, options.json);
}

function centersOf(statistics: ClassStatistics, names: readonly string[] | undefined): ClassCenters {
  const means = statistics.toCenters();
  if (!names) return means;
  const { nClasses, nDim } = statistics;
  const named = makeCenters({ params: means.toArray(), nClasses, nDim }, names);
  means.dispose();
  return named;
}

/** @throws UsageFailure for options that contradict each other */
async function checkOptions(input: string, options: FitOptions, wantsClassifier: boolean): Promise<void> {
  for (const name of ['calibration', 'metric', 'temperature'] as const) {
    if (options[name] === undefined || wantsClassifier) continue;
    throw new UsageFailure(`--${name} is for a threshold: add a --score or a --tpr`);
  }
  if (options.calibrationLabels !== undefined && options.calibration === undefined) {
    throw new UsageFailure('--calibration-labels are the labels of --calibration: name that file, too');
  }
  if (wantsClassifier && options.calibration === undefined && (await isPipe(input))) {
    throw new UsageFailure(
      'a threshold needs the rows a second time, which a pipe does not allow: name a --calibration',
    );
  }
  if (options.checkpoint === PIPE) throw new UsageFailure('--checkpoint needs a file, not a pipe');
  if (options.checkpoint !== undefined && (await isSame(options.checkpoint, options.output))) {
    throw new UsageFailure('--checkpoint and --output are the same file: the checkpoint is removed at the end');
  }
}

/** Tells whether two paths lead to one file, which may not exist. */
async function isSame(path: string, other: string): Promise<boolean> {
  const [file, otherFile] = await Promise.all([path, other].map((each) => realpath(each).catch(() => resolve(each))));
  return file === otherFile;
}

async function findClasses(input: string, options: FitOptions): Promise<Classes> {
  const { classes, names } = options;
  if (names !== undefined) {
    const list = namesIn(await inFile(names, () => readFile(names, 'utf8')), names);
    if (classes !== undefined && classes !== list.length) {
      throw new UsageFailure(`--classes is ${classes}, but ${names} has ${list.length} names`);
    }
    return { nClasses: list.length, names: list };
  }
  if (classes !== undefined) return { nClasses: classes };
  const path = options.labels ?? input;
  if (await isPipe(path)) {
    throw new UsageFailure('labels from a pipe can be read only once: give the number of classes by --classes');
  }
  // Opening the rows throws a Failure that names the fault if they have no labels beside them.
  if (options.labels === undefined) await (await openRows(input, options, 'needed')).close();
  const found = await surveyClasses(path, options);
  if (found.nClasses > 0) return found;
  throw new Failure(`${path}: no row has a class: all labels are below 0, or there are none`);
}

/** Reads names, one on each line, without the white space around them, as in a CSV. */
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
    if (found.has(name)) throw new Failure(`${file}: the name ${quoted(name)} occurs twice`);
    found.add(name);
  }
  return list;
}

function checkpointOf(input: string, classes: Classes, options: FitOptions): Promise<Checkpoint> {
  const { checkpoint = '', labels, labelColumn, tensor, labelTensor, format, delimiter, checkpointEvery } = options;
  const inputs = labels === undefined ? [input] : [input, labels];
  const settings = { classes, labelColumn, tensor, labelTensor, format, delimiter, checkpointEvery };
  return Checkpoint.at(checkpoint, inputs, settings);
}

/** Adds the rows of a file to statistics, from the state of a checkpoint on if there is one. */
async function addRows(
  input: string,
  classes: Classes,
  options: FitOptions,
  resumed: FitState | undefined,
  checkpoint: Checkpoint | undefined,
): Promise<FitState> {
  const rows = await openRows(input, options, 'needed');
  const encoder = new LabelEncoder(classes, 'refused');
  const statistics = resumed?.statistics ?? new ClassStatistics(classes.nClasses, rows.nDim, { covariance: 'none' });
  let state = { rows: 0, unknown: 0, ...resumed, statistics };
  let blocks = 0;
  await inFile(rows.name, () => rows.skip(state.rows));
  await eachBlock('fit', rows, options, async (block) => {
    const target = encoder.encode(block, rows);
    statistics.add(block.x, target);
    const unknown = state.unknown + target.filter((label) => label < 0).length;
    state = { statistics, rows: state.rows + block.rows, unknown };
    blocks++;
    if (blocks % options.checkpointEvery !== 0) return;
    // Reading a total flushes the rows, as saving does: a run gives the same bits with and without a checkpoint.
    if (checkpoint) await checkpoint.save(state);
    else void statistics.rejected;
  });
  return state;
}

async function fitClassifier(
  centers: ClassCenters,
  input: string,
  classes: Classes,
  options: FitOptions,
): Promise<OpenSetClassifier> {
  const { score, metric, temperature, tpr, perClass, calibration, calibrationLabels: labels } = options;
  const rowOptions = calibration === undefined ? options : { ...options, labels };
  const rows = await openRows(calibration ?? input, rowOptions, 'needed');
  const { nDim } = centers;
  checkDimensions(rows, nDim);
  const kept = new Reservoir(Math.max(1000, Math.floor(CALIBRATION_BYTES / (4 * nDim))), nDim);
  const encoder = new LabelEncoder(classes, 'unknown names');
  await eachBlock('threshold', rows, options, (block) => kept.add(block.x, encoder.encode(block, rows)));
  const given = { score, metric, temperature };
  const scoreOptions = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const { x, target } = kept.rows;
  const thresholdOptions = { ...(tpr !== undefined && { tpr }), ...(perClass !== undefined && { perClass }) };
  return inFile(rows.name, () => new OpenSetClassifier(centers, scoreOptions).fit(x, target, thresholdOptions));
}
