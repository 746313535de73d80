import { setImmediate } from 'node:timers/promises';
import {
  type CenterValues,
  ClassCenters,
  type Classification,
  fromSafetensors,
  type LoadedObject,
  load,
  loadCenters,
  type Metric,
  OpenSetClassifier,
  type Safetensors,
  type Score,
  type ScoreOptions,
  type Tensor,
  toSafetensors,
} from '../index.js';
import { Failure, inFile, note } from './failure.js';
import { readAll } from './input/byte-source.js';
import type { Classes } from './input/labels.js';
import { beginsAsSafetensors, columnsText, type InputOptions } from './input/open.js';
import type { Block, Rows } from './input/rows.js';
import { eachBlock } from './progress.js';
import type { Value } from './report.js';

/** Products that are computed at once, since a signal waits for them: tenths of a second. */
const PRODUCTS_AT_ONCE = 2 ** 28;
/** Fewest rows that are computed at once: with fewer, the centers are read too often. */
const MIN_ROWS_AT_ONCE = 256;

/** Most bytes of a file of centers: such a file fits in memory several times. */
const MAX_MODEL_BYTES = 2 ** 30;

export interface ModelOptions {
  /** Tensor that holds the centers, in a file of another library. */
  readonly modelTensor?: string | undefined;
  readonly score?: Score | undefined;
  readonly metric?: Metric | undefined;
  readonly temperature?: number | undefined;
  readonly threshold?: number | undefined;
}

/** Contents of a file of centers as plain values; what the file lacks is undefined. */
export interface SavedModel extends CenterValues, Classes {
  /** Class of the object; undefined in a file of another library. */
  readonly kind?: string | undefined;
  readonly metric?: Metric | undefined;
  /** All options of the object. */
  readonly config: Readonly<Record<string, Value>>;
  readonly radius?: number | Float32Array | undefined;
  readonly threshold?: number | Float64Array | undefined;
  readonly precision?: Float32Array | undefined;
  /** Rows or weight of each class. */
  readonly counts?: Float64Array | undefined;
  /** Classifier of the file, if it holds one. */
  readonly classifier?: OpenSetClassifier | undefined;
}

/** Model that classifies rows. */
export interface Model extends SavedModel {
  readonly classifier: OpenSetClassifier;
}

/**
 * Makes a classifier from a file of centers. Options of the command line take precedence over those of the file, whose
 * threshold holds only for the score that it was fitted to.
 */
export async function loadModel(path: string, options: ModelOptions): Promise<Model> {
  const saved = await readModel(path, options.modelTensor);
  const { score, metric, temperature, threshold } = options;
  const { params, nClasses, nDim, names } = saved;
  const isAsSaved = [score, metric, temperature, threshold].every((option) => option === undefined);
  const classifier =
    (isAsSaved ? saved.classifier : withThreshold(saved, options)) ??
    (await inFile(path, () => new OpenSetClassifier({ params, nClasses, nDim, names }, scoreOptions(saved, options))));
  if (saved.threshold !== undefined && classifier.threshold === undefined) {
    note(path, 'its threshold is for its own score, metric and temperature: no row is rejected without --threshold');
  }
  return { ...saved, classifier };
}

/**
 * Makes a saved classifier with a full covariance decide by another threshold; undefined for other classifiers, and for
 * other options.
 */
function withThreshold({ classifier }: SavedModel, options: ModelOptions): OpenSetClassifier | undefined {
  const { score = 'mahalanobis', metric, temperature, threshold } = options;
  if ((classifier?.covariance === undefined || score !== 'mahalanobis' || metric) ?? temperature) return undefined;
  if (threshold === undefined) return classifier;
  const { tensors, metadata } = fromSafetensors(classifier.save());
  const data = Float64Array.of(threshold);
  return OpenSetClassifier.load(toSafetensors({ ...tensors, threshold: { dtype: 'F64', shape: [], data } }, metadata));
}

/**
 * Classifies rows block by block and calls `use` with the results of each. Returns the number of rows.
 * @throws Failure unless rows have the dimensions of the centers
 */
export async function classifyRows(
  command: string,
  rows: Rows,
  { classifier }: Model,
  options: InputOptions,
  use: (results: Classification, block: Block) => void | Promise<void>,
): Promise<number> {
  const { nClasses, nDim } = classifier;
  checkDimensions(rows, nDim);
  const atOnce = Math.max(MIN_ROWS_AT_ONCE, Math.floor(PRODUCTS_AT_ONCE / (nClasses * nDim)));
  return eachBlock(command, rows, options, async (block) => {
    for (let start = 0; start < block.rows; start += atOnce) {
      if (start > 0) await setImmediate();
      const part = partOf(block, start, start + atOnce, nDim);
      await use(classifier.classify(part.x), part);
    }
  });
}

/** Takes the rows from `start` to before `end` out of a block. */
function partOf(block: Block, start: number, end: number, nDim: number): Block {
  const { first, x, labels, ids } = block;
  if (start === 0 && end >= block.rows) return block;
  const rows = Math.min(end, block.rows) - start;
  return {
    ...{ first: first + start, rows, x: x.subarray(start * nDim, (start + rows) * nDim) },
    labels: labels && Array.prototype.slice.call(labels, start, start + rows),
    ids: ids?.slice(start, start + rows),
  };
}

/** @throws Failure unless rows have the dimensions of the centers */
export function checkDimensions(rows: Rows, wanted: number): void {
  const { name, nDim } = rows;
  if (nDim === wanted) return;
  throw new Failure(`${name}: rows have ${nDim} dimensions, but the centers have ${wanted}${columnsText(rows)}`);
}

/**
 * Reads a file of centers, of this package or of another library.
 * @param tensor name of the tensor that holds the centers, in a file of another library
 */
export async function readModel(path: string, tensor: string | undefined): Promise<SavedModel> {
  const bytes = await readAll(path, MAX_MODEL_BYTES);
  return inFile(path, () => modelIn(path, bytes, tensor));
}

function modelIn(path: string, bytes: Uint8Array, tensor: string | undefined): SavedModel {
  if (!beginsAsSafetensors(bytes)) {
    throw new Failure(`${path}: expected centers in a .safetensors file, as fit writes it`);
  }
  const contents = fromSafetensors(bytes);
  if (tensor !== undefined || contents.metadata.format !== 'center-loss') {
    return { ...loadCenters(bytes, tensor === undefined ? {} : { tensor }), config: {} };
  }
  // Checks metadata and tensors: below they are read as they are.
  const object = load(bytes);
  const { params, nClasses, nDim } = centersOf(object);
  const { tensors, metadata } = contents;
  const config = JSON.parse(metadata.config ?? '{}');
  return {
    ...{ kind: metadata.kind, params, nClasses, nDim, config, metric: config.metric },
    names: metadata.names === undefined ? undefined : JSON.parse(metadata.names),
    radius: limitOf(tensors.radius) as number | Float32Array | undefined,
    threshold: limitOf(tensors.threshold) as number | Float64Array | undefined,
    precision: tensors.precision?.data as Float32Array | undefined,
    counts: countsOf(path, contents, nClasses),
    classifier: object instanceof OpenSetClassifier ? object : undefined,
  };
}

function centersOf(object: LoadedObject): CenterValues {
  const centers = 'centers' in object ? object.centers : 'toCenters' in object ? object.toCenters() : object;
  const { nClasses, nDim } = centers;
  return { params: centers.toArray(), nClasses, nDim };
}

function limitOf(tensor: Tensor | undefined): number | Tensor['data'] | undefined {
  return tensor?.shape.length === 0 ? Number(tensor.data[0]) : tensor?.data;
}

/**
 * Counts that {@link withCounts} put beside an object, or that are part of it. A classifier counts the examples of classes
 * that were added, but knows none of given centers.
 */
function countsOf(path: string, { tensors }: Safetensors, nClasses: number): Float64Array | undefined {
  const { exampleWeights } = tensors;
  const ofAll = (exampleWeights?.data as Float64Array | undefined)?.includes(0) ? undefined : exampleWeights;
  const { counts = ofAll } = tensors;
  if (counts === undefined) return undefined;
  const { dtype, shape, data } = counts;
  if (dtype === 'F64' && shape.length === 1 && shape[0] === nClasses) {
    const values = data as Float64Array;
    if (values.every((count) => count >= 0 && Number.isFinite(count))) return values;
  }
  throw new Failure(`${path}: tensor "counts" must be F64 of shape [${nClasses}] with finite numbers ≥ 0`);
}

/** Adds the number of rows of each class to a file, for `inspect` to show. */
export function withCounts(file: Uint8Array, counts: Float64Array | undefined): Uint8Array {
  if (counts === undefined) return file;
  const { tensors, metadata } = fromSafetensors(file);
  const data = counts as Float64Array<ArrayBuffer>;
  return toSafetensors({ ...tensors, counts: { dtype: 'F64', shape: [counts.length], data } }, metadata);
}

/** Makes centers from their values. */
export function makeCenters(
  { params, nClasses, nDim }: CenterValues,
  names: readonly string[] | undefined,
  metric?: Metric | undefined,
): ClassCenters {
  const centers = new ClassCenters(nClasses, nDim, { ...(names && { names }), ...(metric && { metric }) });
  centers.params.set(params);
  return centers;
}

function scoreOptions(saved: SavedModel, { score, metric, temperature, threshold }: ModelOptions): ScoreOptions {
  const { config, radius, precision } = saved;
  const chosen = score ?? (config.score as Score | undefined) ?? 'distance';
  const isSameScore = chosen === config.score && (metric === undefined || metric === saved.metric);
  const found = {
    score: chosen,
    // These two scores have their own metric.
    metric: metric ?? (chosen === 'mahalanobis' || chosen === 'cac' ? undefined : saved.metric),
    radius: chosen === 'normalized' ? radius : undefined,
    precision: chosen === 'mahalanobis' ? precision : undefined,
    temperature: temperature ?? (isSameScore ? (config.temperature as number | undefined) : undefined),
    threshold: threshold ?? (isSameScore && temperature === undefined ? saved.threshold : undefined),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
