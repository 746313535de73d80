import { ClassCenters } from '../centers/class-centers.js';
import { prepare, reserveArray, reserveRows, scratchBatch } from '../memory/batch.js';
import { doubles, newFloats, readFloats, readIntegers, stable, writeFloats } from '../memory/views.js';
import { newDoubles, newIntegers } from '../validate/allocate.js';
import {
  checkChoice,
  checkNumber,
  checkOptions,
  checkTemperature,
  copyOfEach,
  FINITE_SIZE,
  type Floats,
  type Range,
} from '../validate/checks.js';
import { asRows, countRows, type Embeddings } from '../validate/embeddings.js';
import { CenterLossError, typeName } from '../validate/errors.js';
import { checkMetric, type Metric, rustMetric } from '../validate/metric.js';
import { nameOf, namesOf } from '../validate/names.js';
import { BatchArray, ScoreKind, Work } from '../wasm/bindings.js';
import type { Gaussians } from './covariance.js';

/**
 * Measure of how unknown a row looks: the larger, the more unknown. d₁ ≤ d₂ ≤ … are its distances to the centers, and
 * p = softmin(d/T), p_j = e^(−d_j/T) / Σ_k e^(−d_k/T). Three scores are natural logarithms of what their papers define:
 * the same order of rows, without the underflow to 0 of a probability at distances of a hundred. 'cac' is −Infinity for a
 * row at its center. These three and 'knn-centers' compare classes, of which they need two.
 */
export type Score =
  /** d₁ */
  | 'distance'
  /** d₁ / r of the nearest class; 1 where both are 0 */
  | 'normalized'
  /** ln min_j d_j·(1 − p_j), d Euclidean: class anchor clustering (Miller et al. 2021) */
  | 'cac'
  /** ln(1 − max_j p_j) */
  | 'softmin'
  /** ln(−Σ_j p_j·ln p_j) */
  | 'entropy'
  /**
   * min_j Σ_k (x − c_j)²_k · precision_k: squared Mahalanobis distance by a tied, diagonal covariance. Option `covariance`
   * of `OpenSetClassifier` takes a full one.
   */
  | 'mahalanobis'
  /** d₁ / d₂; 1 where both are 0 */
  | 'knn-centers';

/** Options of {@link classify} and {@link OpenSetClassifier}. */
export interface ScoreOptions {
  /** Default 'distance'. */
  readonly score?: Score;
  /** Metric of the distances. Default that of the centers; 'cac' is always 'euclidean', 'mahalanobis' takes none. */
  readonly metric?: Metric;
  /** Radius r ≥ 0 of score 'normalized', in units of the metric: one for all classes, or one for each [nClasses]. */
  readonly radius?: number | Floats;
  /** Weight ≥ 0 of each dimension [nDim] for score 'mahalanobis': see `fitPrecision`. */
  readonly precision?: Floats;
  /** Temperature T of the probabilities of scores 'softmin', 'entropy' and 'cac', from 1e-30 to 1e30. Default 1. */
  readonly temperature?: number;
  /** Largest score of a known row: one for all rows, or one for each nearest class [nClasses]. Default none. */
  readonly threshold?: number | Floats;
}

/** Results of the kernel. */
export interface Scored {
  /** Nearest class [B]; −1 for a row whose score is above the threshold or that has no finite distance. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** Score of each row [B]; Infinity if it has no finite distance. */
  readonly scores: Float32Array<ArrayBuffer>;
  /** Nearest class [B], the lowest among equals, whatever the score; −1 if there is no finite distance. */
  readonly nearest: Int32Array<ArrayBuffer>;
}

/** Decisions about rows. */
export interface Classification extends Scored {
  /** Name of each row's class [B], its number where classes have no names; null where the label is −1. */
  readonly names: (string | null)[];
}

const SCORES = {
  distance: 'Distance',
  normalized: 'Normalized',
  cac: 'Cac',
  softmin: 'Softmin',
  entropy: 'Entropy',
  mahalanobis: 'Mahalanobis',
  'knn-centers': 'KnnCenters',
} as const satisfies Record<Score, keyof typeof ScoreKind>;

/** Scores made of p, which has a temperature. */
const TEMPERED: readonly Score[] = ['softmin', 'entropy', 'cac'];

/** Tells whether a score compares distances to several classes: another class then changes the scores of all rows. */
export const comparesClasses = (score: Score): boolean => score === 'knn-centers' || TEMPERED.includes(score);

/** Names of {@link ScoreOptions}. */
export const SCORE_OPTIONS = [
  ...(['score', 'metric', 'radius', 'precision', 'temperature', 'threshold'] as const),
] satisfies readonly (keyof ScoreOptions)[];

/** Bytes of rows that are scored at once: they stay within a cache. */
const CHUNK_BYTES = 2 ** 20;
/** Rows that a kernel takes through the centers together: smaller chunks would read the centers more often. */
const MIN_ROWS = 64;

/** Options of a score, checked and completed. */
export interface ScoreSettings {
  readonly score: Score;
  readonly metric: Metric;
  /** Radius of all classes, or of each [nClasses]. */
  readonly radius: number | Float32Array<ArrayBuffer> | undefined;
  readonly precision: Float32Array<ArrayBuffer> | undefined;
  /** Full covariance of score 'mahalanobis', which the centers were given by `useGaussians`. */
  readonly covariance?: Gaussians | undefined;
  readonly temperature: number | undefined;
  /** Threshold of all rows, or of each class [nClasses]. */
  readonly threshold: number | Float64Array<ArrayBuffer> | undefined;
}

/**
 * Nearest class of each row with a score of how unknown the row looks and, by a threshold, the decision: in one pass
 * over the centers, without a matrix [B, nClasses].
 *
 * Scores are as exact as their distances, each within 1e-5 (relative) of the float64 value; by 'cosine', the difference
 * of two directions is also off by a rounding of each, 3e-7·√d. An exponent is as exact as its distance: the logarithms
 * 'softmin' and 'entropy' have an absolute error of up to 1e-5 + 1e-6·d₂/T, with 'cosine' 6e-7·√d₂/T more, and 'cac' of
 * up to 2e-5 + 1e-6·d₂/T.
 * @param x rows [B, nDim]
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function classify(centers: ClassCenters, x: Embeddings, options: ScoreOptions = {}): Classification {
  checkCenters(centers);
  checkOptions(options, SCORE_OPTIONS);
  const { names } = centers;
  return withNames(classifyBy(centers, x, checkScoreSettings(centers, options)), (label) => nameOf(names, label));
}

/** Adds the names that `nameAt` gives classes. */
export function withNames(found: Scored, nameAt: (label: number) => string | null): Classification {
  const { labels, scores, nearest } = found;
  return { labels, names: namesOf(labels, nameAt), scores, nearest };
}

/** @throws CenterLossError `ERR_OPTION` unless `centers` are `ClassCenters`. */
export function checkCenters(centers: ClassCenters): void {
  if (centers instanceof ClassCenters) return;
  throw new CenterLossError(
    'ERR_OPTION',
    `centers must be ClassCenters, such as loss.centers, got ${typeName(centers)}`,
  );
}

/**
 * Checks and completes the options of a score of rows to centers of this shape and metric.
 * @param fitted whether the radius and the precision may still be missing
 * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`
 */
export function checkScoreSettings(
  { nClasses, nDim, metric }: Pick<ClassCenters, 'nClasses' | 'nDim' | 'metric'>,
  options: ScoreOptions,
  fitted: 'given' | 'fitted later' = 'given',
): ScoreSettings {
  const { score = 'distance', radius, precision, temperature, threshold } = options;
  checkChoice(score, 'score', Object.keys(SCORES) as Score[]);
  checkMetricOption(score, options.metric);
  checkComparable(score, nClasses);
  checkBelongs('radius', radius, score, ['normalized']);
  checkBelongs('precision', precision, score, ['mahalanobis']);
  checkBelongs('temperature', temperature, score, TEMPERED);
  if (temperature !== undefined) checkTemperature(temperature);
  const precisions =
    precision === undefined
      ? undefined
      : copyOfEach(precision, 'precision', nDim, 'dimensions', FINITE_SIZE, newFloats);
  const missing = missingParameter(score, options);
  if (missing && fitted === 'given') {
    throw new CenterLossError('ERR_OPTION', `score '${score}' needs the option ${missing}`);
  }
  return {
    score,
    metric: options.metric ?? OWN_METRICS[score] ?? metric,
    radius: limits(radius, 'radius', nClasses, newFloats),
    precision: precisions,
    temperature,
    threshold: limits(threshold, 'threshold', nClasses, newDoubles),
  };
}

/** Names the parameter that a score cannot do without and that is not there; undefined if nothing is missing. */
export function missingParameter(
  score: Score,
  { radius, precision }: Pick<ScoreOptions, 'radius' | 'precision'> | Pick<ScoreSettings, 'radius' | 'precision'>,
): 'radius' | 'precision' | undefined {
  if (score === 'normalized' && radius === undefined) return 'radius';
  return score === 'mahalanobis' && precision === undefined ? 'precision' : undefined;
}

/**
 * Refuses to compare one class with others that have no center: every row would look known.
 * @throws CenterLossError `ERR_OPTION`
 */
export function checkComparable(score: Score, centers: number): void {
  if (!comparesClasses(score) || centers >= 2) return;
  throw new CenterLossError(
    'ERR_OPTION',
    `score '${score}' compares classes: it needs 2 finite centers, got ${centers}`,
  );
}

/** Metrics of the scores that do not take that of the centers. 'mahalanobis' weights squared differences. */
const OWN_METRICS: { readonly [S in Score]?: Metric } = { cac: 'euclidean', mahalanobis: 'sqeuclidean' };

function checkMetricOption(score: Score, metric: Metric | undefined): void {
  if (metric === undefined) return;
  checkMetric(metric);
  if (score === 'mahalanobis') {
    throw new CenterLossError('ERR_OPTION', `score 'mahalanobis' has its own metric, got metric "${metric}" as well`);
  }
  if (score === 'cac' && metric !== 'euclidean') {
    throw new CenterLossError('ERR_OPTION', `score 'cac' is defined by metric 'euclidean', got "${metric}"`);
  }
}

/** Checks an option that only the scores `owners` have. */
function checkBelongs(name: string, value: unknown, score: Score, owners: readonly Score[]): void {
  if (value === undefined || owners.includes(score)) return;
  const of = owners.map((owner) => `'${owner}'`).join(' or ');
  throw new CenterLossError('ERR_OPTION', `${name} is an option of score ${of}, not of '${score}'`);
}

const ORDERED: Range = { accepts: (value) => !Number.isNaN(value), text: 'a number other than NaN' };

/** Limits of scores. */
const LIMITS = { radius: FINITE_SIZE, threshold: ORDERED };
type Limit = keyof typeof LIMITS;

/** Checks the value of one class. @throws CenterLossError `ERR_OPTION` */
export function checkLimit(value: number, name: Limit): void {
  checkNumber(value, name, LIMITS[name].accepts, LIMITS[name].text);
}

/** Checks one number for all classes, or copies one for each class. */
function limits<A extends Float32Array | Float64Array>(
  value: number | Floats | undefined,
  name: Limit,
  nClasses: number,
  newCopy: (length: number) => A,
): number | A | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null) {
    return copyOfEach(value, name, nClasses, 'classes', LIMITS[name], newCopy);
  }
  checkLimit(value, name);
  return value;
}

/** Classifies as {@link classify}, by settings that were checked for these centers. */
export function classifyBy(
  centers: Pick<ClassCenters, 'rust' | 'nClasses' | 'nDim'>,
  x: Embeddings,
  settings: ScoreSettings,
): Scored {
  const { nClasses, nDim } = centers;
  const { score, radius, precision, temperature = 1, threshold } = settings;
  const metric = rustMetric(settings.metric);
  const values = asRows(x, 'x', nDim);
  const { rust } = centers;
  const rows = countRows(values, 'x', nDim);
  const [labels, scores, nearest] = [newIntegers(rows), newFloats(rows), newIntegers(rows)];
  if (rows === 0) return { labels, scores, nearest };
  const xView = stable(values);
  const chunks = Math.ceil(rows / Math.max(MIN_ROWS, Math.floor(CHUNK_BYTES / (4 * nDim))));
  const most = Math.ceil(rows / chunks);
  const batch = scratchBatch();
  reserveRows(batch, most, nDim, 1, 'classify');
  const isWhitened = settings.covariance !== undefined;
  prepare(rust, { batch, rows: most }, isWhitened ? Work.ClassifyWhitened : Work.Classify, 'classify', metric);
  const ofScore = precision ?? (TEMPERED.includes(score) ? Float32Array.of(temperature) : undefined);
  const parameters = typeof radius === 'number' ? newFloats(nClasses).fill(radius) : (radius ?? ofScore);
  if (parameters) {
    const address = reserveArray(batch, BatchArray.Parameters, parameters.length, 'classify');
    writeFloats(parameters, 0, parameters.length, address);
  }
  const thresholds = threshold === undefined ? [] : typeof threshold === 'number' ? [threshold] : threshold;
  if (thresholds.length > 0) {
    doubles(reserveArray(batch, BatchArray.Doubles, thresholds.length, 'classify'), thresholds.length).set(thresholds);
  }
  for (let chunk = 0; chunk < chunks; chunk++) {
    // Chunks differ by at most one row: a last chunk of few rows would need scratch memory that was not reserved.
    const start = Math.floor((chunk * rows) / chunks);
    const end = Math.floor(((chunk + 1) * rows) / chunks);
    writeFloats(xView(), start * nDim, end * nDim, batch.address(BatchArray.X));
    batch.set_rows(end - start);
    if (isWhitened) rust.whiten(batch);
    rust.classify(batch, isWhitened ? ScoreKind.Whitened : ScoreKind[SCORES[score]], metric, thresholds.length);
    readFloats(batch.address(BatchArray.Out), scores, start, end);
    readIntegers(batch.address(BatchArray.Nearest), nearest, start, end);
    readIntegers(batch.address(BatchArray.Labels), labels, start, end);
  }
  return { labels, scores, nearest };
}
