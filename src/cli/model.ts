import {
  type CenterValues,
  ClassCenters,
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
import { Failure, inFile } from './failure.js';
import type { Classes } from './input/labels.js';
import { beginsAsSafetensors } from './input/open.js';
import { readWhole } from './input/read-whole.js';
import type { Value } from './report.js';

export interface ModelOptions {
  /** Tensor that holds the centers, in a file of another library. */
  readonly modelTensor?: string | undefined;
  readonly score?: Score | undefined;
  readonly metric?: Metric | undefined;
  readonly threshold?: number | undefined;
}

export interface Model extends Classes {
  readonly classifier: OpenSetClassifier;
  readonly saved: SavedModel;
}

/** Contents of a file of centers as plain values; what the file lacks is undefined. */
export interface SavedModel extends CenterValues {
  /** Class of the object; undefined in a file of another library. */
  readonly kind?: string | undefined;
  readonly names?: readonly string[] | undefined;
  /** Options of the object. */
  readonly config: Readonly<Record<string, Value>>;
  readonly radius?: number | Float32Array | undefined;
  readonly threshold?: number | Float64Array | undefined;
  readonly precision?: Float32Array | undefined;
  /** Rows or weight of each class. */
  readonly counts?: Float64Array | undefined;
  /** Classifier of the file, if it holds one. */
  readonly classifier?: OpenSetClassifier | undefined;
}

/**
 * Makes a classifier of a file of centers. Options of the command line take precedence over those of the file, whose
 * threshold holds only for the score that it was fitted to.
 */
export async function loadModel(path: string, options: ModelOptions): Promise<Model> {
  const bytes = await readWhole(path);
  return inFile(path, () => {
    const { modelTensor, score, metric, threshold } = options;
    const saved = readModel(path, bytes, modelTensor);
    const { params, nClasses, nDim, names } = saved;
    const isAsSaved = score === undefined && metric === undefined && threshold === undefined;
    const classifier =
      (isAsSaved ? saved.classifier : undefined) ??
      new OpenSetClassifier({ params, nClasses, nDim, names }, settings(saved, options));
    return { classifier, saved, nClasses, names };
  });
}

/**
 * Reads a file of centers, of this package or of another library.
 * @throws Failure, CenterLossError: call it within `inFile`
 */
export function readModel(path: string, bytes: Uint8Array, tensor: string | undefined): SavedModel {
  if (!beginsAsSafetensors(bytes)) {
    throw new Failure(`${path}: expected centers in a .safetensors file, as fit writes it`);
  }
  const contents = fromSafetensors(bytes);
  if (tensor !== undefined || contents.metadata.format !== 'center-loss') {
    return { ...loadCenters(bytes, tensor === undefined ? {} : { tensor }), config: {} };
  }
  const object = load(bytes);
  const { params, nClasses, nDim } = centersOf(object);
  const { tensors, metadata } = contents;
  return {
    // `load` has checked these.
    ...{ kind: metadata.kind, params, nClasses, nDim, config: JSON.parse(metadata.config ?? '{}') },
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

/** Counts that {@link withCounts} put beside an object, or that are part of it. */
function countsOf(path: string, { tensors }: Safetensors, nClasses: number): Float64Array | undefined {
  const { counts } = tensors;
  if (counts === undefined) return undefined;
  const { dtype, shape, data } = counts;
  if (dtype === 'F64' && shape.length === 1 && shape[0] === nClasses) {
    const values = data as Float64Array;
    if (values.every((count) => count >= 0 && Number.isFinite(count))) return values;
  }
  throw new Failure(`${path}: tensor "counts" must be F64 of shape [${nClasses}] with finite numbers ≥ 0`);
}

/** Adds the rows of each class to a file, for `inspect` to show. */
export function withCounts(file: Uint8Array, counts: Float64Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { tensors, metadata } = fromSafetensors(file);
  return toSafetensors({ ...tensors, counts: { dtype: 'F64', shape: [counts.length], data: counts } }, metadata);
}

/** Writes centers, with names and counts where there are any. */
export function saveCenters(
  { params, nClasses, nDim }: CenterValues,
  {
    names,
    counts,
    metric,
  }: {
    readonly names?: readonly string[] | undefined;
    readonly counts?: Float64Array | undefined;
    readonly metric?: Metric | undefined;
  },
): Uint8Array<ArrayBuffer> {
  const centers = new ClassCenters(nClasses, nDim, { ...(names && { names }), ...(metric && { metric }) });
  centers.params.set(params);
  const file = centers.save();
  centers.dispose();
  return counts ? withCounts(file, counts as Float64Array<ArrayBuffer>) : file;
}

/** Metric of the file: that of the score of a classifier, or of centers. */
export const metricOf = ({ config }: SavedModel): Metric | undefined => config.metric as Metric | undefined;

function settings(saved: SavedModel, { score, metric, threshold }: ModelOptions): ScoreOptions {
  const { config, radius, precision } = saved;
  const chosen = score ?? (config.score as Score | undefined) ?? 'distance';
  const ofFile = metricOf(saved);
  const isSameScore = chosen === config.score && (metric === undefined || metric === ofFile);
  const found = {
    score: chosen,
    // These two scores have a metric of their own.
    metric: metric ?? (chosen === 'mahalanobis' || chosen === 'cac' ? undefined : ofFile),
    radius: chosen === 'normalized' ? radius : undefined,
    precision: chosen === 'mahalanobis' ? precision : undefined,
    threshold: threshold ?? (isSameScore ? saved.threshold : undefined),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
