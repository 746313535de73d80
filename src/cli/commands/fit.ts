import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ClassCenters, ClassStatistics, type Metric, OpenSetClassifier, type Score } from '../../index.js';
import { Failure, inFile, note, quoted, UsageFailure } from '../failure.js';
import { isPipe, PIPE, readAll } from '../input/byte-source.js';
import { type Classes, LabelEncoder, surveyClasses } from '../input/labels.js';
import { type InputOptions, labelsFileOf, openRows } from '../input/open.js';
import { checkDimensions, withCounts } from '../model.js';
import { checkWritable, formatOfOutput, writeOutput } from '../output/output.js';
import { eachBlock } from '../progress.js';
import { print, secondsSince } from '../report.js';
import { Checkpoint, type FitState } from './checkpoint.js';
import { Holdout } from './holdout.js';
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
  /** Share of the rows of each class that the threshold is fitted to; false for the rows of the centers. */
  readonly holdout?: number | false | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
}

/** Share of the rows of each class that is held out by default. */
const HELD_OUT = 0.2;

/** Most bytes of a file of names. */
const MAX_NAMES_BYTES = 2 ** 26;

/** Most bytes of the rows that a threshold is fitted to. */
const CALIBRATION_BYTES = 2 ** 25;

/**
 * Makes the mean of each class its center in one pass over labeled rows; with a score, fits a classifier. Its threshold
 * comes from rows that no center is made of, since those of the centers are nearer to them than others.
 */
export async function fit(input: string, given: FitOptions): Promise<void> {
  let options = given;
  const started = performance.now();
  const wantsClassifier = isForThreshold(options);
  await checkOptions(input, options, wantsClassifier);
  formatOfOutput(options.output, ['safetensors']);
  await checkWritable(options.output);
  options = { ...options, labelsHeader: await findLabelsHeader(input, options) };
  const classes = await findClasses(input, options);
  const calibration = wantsClassifier ? calibrationOf(input, options) : undefined;
  const checkpoint = options.checkpoint === undefined ? undefined : await checkpointOf(input, classes, options);
  const resumed = await checkpoint?.load();
  const state = await addRows(input, classes, options, resumed, checkpoint, calibration);
  if (!state) throw new Failure(`${input}: there is no row`);
  const { statistics, rows, unknown } = state;
  const { counts, rejected, nClasses, nDim } = statistics;
  const emptyClasses = counts.filter((count) => count === 0).length;
  if (emptyClasses === nClasses) throw new Failure(`${input}: none of the ${rows} rows has a class`);
  const centers = statistics.toCenters();
  const classifier = calibration ? await fitClassifier(centers, classes, options, calibration) : undefined;
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
    calibration: calibration?.text ?? null,
    calibrationRows: calibration?.sample?.rows.target.length ?? null,
    threshold: typeof threshold === 'object' ? Array.from(threshold) : (threshold ?? null),
    seconds: secondsSince(started),
  };
  // The report must not follow the centers on standard output.
  if (options.output !== PIPE) print(report, options.json);
}

const isForThreshold = ({ score, tpr, perClass }: FitOptions): boolean =>
  score !== undefined || tpr !== undefined || perClass === true;

/** @throws UsageFailure for options that contradict each other */
async function checkOptions(input: string, options: FitOptions, wantsClassifier: boolean): Promise<void> {
  for (const name of ['calibration', 'metric', 'temperature', 'holdout', 'seed'] as const) {
    if (options[name] === undefined || wantsClassifier) continue;
    const option = options[name] === false ? `no-${name}` : name;
    throw new UsageFailure(`--${option} is for a threshold: add --score or --tpr`);
  }
  if (options.calibrationLabels !== undefined && options.calibration === undefined) {
    throw new UsageFailure('--calibration-labels are the labels of --calibration: name that file, too');
  }
  if (wantsClassifier && options.holdout === false && options.calibration === undefined && (await isPipe(input))) {
    throw new UsageFailure('--no-holdout needs the rows a second time, which a pipe does not allow: use a file');
  }
  if (options.checkpoint !== undefined && (await isPipe(options.checkpoint))) {
    throw new UsageFailure('--checkpoint needs a file, not a pipe or a device');
  }
  if (options.checkpoint !== undefined && (await isSame(options.checkpoint, options.output))) {
    throw new UsageFailure('--checkpoint and --output are the same file: the checkpoint is removed at the end');
  }
}

/** Tells whether two paths lead to one file, which may not exist. */
async function isSame(path: string, other: string): Promise<boolean> {
  const [file, otherFile] = await Promise.all([path, other].map((each) => realpath(each).catch(() => resolve(each))));
  return file === otherFile;
}

/** Tells whether a file of labels begins with the name of its column, for which rows and labels are compared. */
async function findLabelsHeader(input: string, options: FitOptions): Promise<boolean | undefined> {
  const labels = labelsFileOf(options);
  if ((await isPipe(input)) || (labels !== undefined && (await isPipe(labels)))) return undefined;
  // Opening the rows throws a Failure that names the fault if they have no labels beside them.
  const rows = await openRows(input, options, 'needed');
  await rows.close();
  return rows.labelsHeader;
}

async function findClasses(input: string, options: FitOptions): Promise<Classes> {
  const { classes, names } = options;
  if (names !== undefined) {
    const list = namesIn(new TextDecoder().decode(await readAll(names, MAX_NAMES_BYTES)), names);
    if (classes !== undefined && classes !== list.length) {
      throw new UsageFailure(`--classes is ${classes}, but ${names} has ${list.length} names`);
    }
    return { nClasses: list.length, names: list };
  }
  if (classes !== undefined) return { nClasses: classes };
  const path = labelsFileOf(options) ?? input;
  if (await isPipe(path)) {
    throw new UsageFailure(
      'labels from a pipe can be read only once: give the number of classes by --classes, or their names by --names',
    );
  }
  const found = await surveyClasses(path, options);
  if (found.nClasses > 0) return found;
  throw new Failure(`${path}: no row has a class: all labels are below 0 or empty, or the file has no row`);
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
  const labels = labelsFileOf(options);
  const inputs = labels === undefined ? [input] : [input, labels];
  const { format, dtype, tensor, labelTensor, delimiter, checkpointEvery } = options;
  const { header, labelColumn, features, drop, idColumn, holdout = HELD_OUT, seed = 0 } = options;
  return Checkpoint.at(options.checkpoint ?? '', inputs, {
    ...{ classes, format, dtype, tensor, labelTensor, delimiter, checkpointEvery },
    ...{ header, labelColumn, features, drop, idColumn },
    ...(isForThreshold(options) && options.calibration === undefined && { holdout, seed }),
  });
}

/** Rows that a threshold is fitted to. */
interface Calibration {
  /** Description for the report. */
  readonly text: string;
  /** File to read; undefined if the rows are held out of the input. */
  readonly file?: string;
  readonly holdout?: Holdout;
  /** Rows that were found. */
  sample?: Reservoir;
}

function calibrationOf(input: string, options: FitOptions): Calibration {
  const { calibration, holdout = HELD_OUT, seed = 0 } = options;
  if (calibration !== undefined) return { text: calibration, file: calibration };
  if (holdout === false) return { text: 'the rows of the centers', file: input };
  return { text: `${holdout} of the rows of each class`, holdout: new Holdout(holdout, seed) };
}

const reservoirOf = (nDim: number): Reservoir =>
  new Reservoir(Math.max(1000, Math.floor(CALIBRATION_BYTES / (4 * nDim))), nDim);

/** Adds the rows of a file to statistics, from the state of a checkpoint on if there is one; undefined without rows. */
async function addRows(
  input: string,
  classes: Classes,
  options: FitOptions,
  resumed: FitState | undefined,
  checkpoint: Checkpoint | undefined,
  calibration: Calibration | undefined,
): Promise<FitState | undefined> {
  const rows = await openRows(input, options, 'needed');
  const encoder = new LabelEncoder(classes, 'refused');
  const { nClasses, names } = classes;
  let state = resumed;
  let blocks = 0;
  const holdout = calibration?.holdout;
  const sample = holdout && reservoirOf(rows.nDim);
  // Rows that are held out are not in a checkpoint: they are read again.
  const done = resumed?.rows ?? 0;
  if (!holdout) await inFile(rows.name, () => rows.skip(done));
  await eachBlock('fit', rows, options, async (block) => {
    const target = encoder.encode(block, rows);
    const { held, others } = holdout?.split(target, block.x) ?? { others: target };
    if (held) sample?.add(block.x, held);
    if (block.first < done) return;
    // Made when a row has arrived: a header may claim a width that takes all memory.
    const statistics = state?.statistics ?? new ClassStatistics(nClasses, rows.nDim, { covariance: 'none', names });
    statistics.add(block.x, others);
    const unknown = (state?.unknown ?? 0) + target.filter((label) => label < 0).length;
    state = { statistics, rows: (state?.rows ?? 0) + block.rows, unknown };
    blocks++;
    if (blocks % options.checkpointEvery !== 0) return;
    // Reading a total flushes the rows: a run gives the same bits whether it saves them or not.
    void statistics.rejected;
    await checkpoint?.save(state);
  });
  if (calibration && sample) calibration.sample = sample;
  return state;
}

async function fitClassifier(
  centers: ClassCenters,
  classes: Classes,
  options: FitOptions,
  calibration: Calibration,
): Promise<OpenSetClassifier> {
  const { file, text } = calibration;
  if (file !== undefined) calibration.sample = await sampleOf(file, centers, classes, options);
  const { x, target } = calibration.sample?.rows ?? { x: new Float32Array(0), target: new Int32Array(0) };
  if (target.length === 0 && file === undefined) {
    throw new Failure(
      'no row can be held out for the threshold, since classes have too few: name other rows by --calibration, or take those of the centers by --no-holdout',
    );
  }
  if (file === undefined) {
    note(
      'threshold',
      `fitted to ${target.length} held-out rows, ${text}; the centers are the means of the other rows (--holdout, --no-holdout and --calibration change this)`,
    );
  }
  if (options.holdout === false && options.calibration === undefined) {
    note('threshold', 'fitted to the rows of the centers, so that it refuses too many new rows (--no-holdout)');
  }
  const { score, metric, temperature, tpr, perClass } = options;
  const given = { score, metric, temperature };
  const scoreOptions = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const thresholdOptions = { ...(tpr !== undefined && { tpr }), ...(perClass !== undefined && { perClass }) };
  return inFile(file ?? 'threshold', () =>
    new OpenSetClassifier(centers, scoreOptions).fit(x, target, thresholdOptions),
  );
}

async function sampleOf(
  file: string,
  { nDim }: ClassCenters,
  classes: Classes,
  options: FitOptions,
): Promise<Reservoir> {
  const { calibration, calibrationLabels: labels } = options;
  const rows = await openRows(
    file,
    calibration === undefined ? options : { ...options, labels, labelsHeader: undefined },
    'needed',
  );
  checkDimensions(rows, nDim);
  const sample = reservoirOf(nDim);
  const encoder = new LabelEncoder(classes, 'unknown names');
  await eachBlock('threshold', rows, options, (block) => sample.add(block.x, encoder.encode(block, rows)));
  return sample;
}
