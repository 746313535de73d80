import {
  BYTES,
  CenterLossError,
  ClassCenters,
  checkChoice,
  checkFloats,
  checkNumber,
  checkOptions,
  countRows,
  doubles,
  type Floats,
  hold,
  newFloats,
  readFloats,
  readIntegers,
  scratch,
  writeFloats,
} from '../core.js';
import { asFloats, type Embeddings } from './half.js';
import { openSet } from './load.js';
import { type Metric, metricCode } from './metric.js';
import { SCORE_BYTES } from './scores.js';

/**
 * How unknown a row looks: the larger, the more. d₁ ≤ d₂ ≤ … are its distances to the centers, p = softmin(d), which is
 * p_j = e^(−d_j) / Σ_k e^(−d_k).
 */
export type Score =
  /** d₁ */
  | 'distance'
  /** d₁ / r of the nearest class; 1 where both are 0 */
  | 'normalized'
  /** min_j d_j·(1 − p_j), d Euclidean: class anchor clustering (Miller et al. 2021) */
  | 'cac'
  /** 1 − max_j p_j */
  | 'softmin'
  /** −Σ_j p_j·ln p_j, in nats */
  | 'entropy'
  /** min_j Σ_k (x − c_j)²_k · precision_k: the squared Mahalanobis distance by a tied, diagonal covariance */
  | 'mahalanobis'
  /** d₁ / d₂; 1 where both are 0 */
  | 'knn-centers';

export interface ScoreOptions {
  /** Default 'distance'. */
  readonly score?: Score;
  /** Of the distances. Default 'sqeuclidean', but 'cac' is by 'euclidean' alone, and 'mahalanobis' a metric of its own. */
  readonly metric?: Metric;
  /** r ≥ 0 of score 'normalized', in units of the metric: of all classes, or one for each [nClasses]. */
  readonly radius?: number | Floats;
  /** The weight ≥ 0 of each dimension [nFeatures] for score 'mahalanobis': see `fitPrecision`. */
  readonly precision?: Floats;
  /** Rows of scores above it have the label −1: of all rows, or one for each nearest class [nClasses]. Default: none. */
  readonly threshold?: number | Floats;
}

export interface Classification {
  /** The nearest class [B], or −1 for a row whose score is above the threshold or that has no finite distance. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** A score a row [B]; Infinity if it has no finite distance. */
  readonly scores: Float32Array<ArrayBuffer>;
  /** The nearest class [B], the lowest among equals, whatever the score; −1 if there is no finite distance. */
  readonly nearest: Int32Array<ArrayBuffer>;
}

/** In the order in which the kernels count them. */
const SCORES = [
  'distance',
  'normalized',
  'cac',
  'softmin',
  'entropy',
  'mahalanobis',
  'knn-centers',
] as const satisfies readonly Score[];

/** Names of {@link ScoreOptions}. */
export const SCORE_OPTIONS = ['score', 'metric', 'radius', 'precision', 'threshold'] as const;

/** Rows that are copied in at once, and whose results are copied out. */
const ROWS_AT_ONCE_BYTES = 2 ** 20;
/** A multiple of those that a kernel takes through the centers together. */
const ROWS_AT_ONCE = 64;

/** Options checked and completed. */
export interface ScoreSettings {
  readonly score: Score;
  readonly metric: Metric;
  readonly radius: Float32Array<ArrayBuffer> | undefined;
  readonly precision: Float32Array<ArrayBuffer> | undefined;
  readonly threshold: Float64Array<ArrayBuffer> | undefined;
  /** Whether each class has a threshold of its own. */
  readonly perClass: boolean;
}

/**
 * The nearest class of each row with a score of how unknown the row looks and, by a threshold, the decision: in one pass
 * over the centers, without a matrix [B, nClasses].
 *
 * Scores are as exact as the distances that they are made of, each within 1e-5 (relative) of the float64 value, but by
 * 'cosine', where the difference of two directions is off by a rounding of each: 3e-7·√d. An exponent is as exact as its
 * distance, so that 'softmin', 'entropy' and 'cac' have a relative error of up to 1e-5 + 1e-6·d; where p₁ is as good as 1
 * they keep the digits of 1 − p₁ down to 1e-38.
 * @param x rows [B, nFeatures]
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function classify(centers: ClassCenters, x: Embeddings, options: ScoreOptions = {}): Classification {
  checkCenters(centers);
  checkOptions(options, SCORE_OPTIONS);
  return classifyBy(centers, x, checkScoreSettings(centers, options));
}

/** @throws CenterLossError `ERR_OPTION` unless `centers` are such. */
export function checkCenters(centers: ClassCenters): void {
  if (centers instanceof ClassCenters) return;
  const type = Object.prototype.toString.call(centers).slice(8, -1);
  throw new CenterLossError('ERR_OPTION', `centers must be ClassCenters, got ${type}`);
}

/**
 * @param fitted what will be fitted, and may be missing yet
 * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`
 */
export function checkScoreSettings(
  { nClasses, nFeatures }: { readonly nClasses: number; readonly nFeatures: number },
  options: ScoreOptions,
  fitted: 'given' | 'fitted later' = 'given',
): ScoreSettings {
  const { score = 'distance', radius, precision, threshold } = options;
  checkChoice<Score>(score, 'score', SCORES);
  const metric = checkMetric(score, options.metric);
  if (score === 'knn-centers' && nClasses < 2) {
    throw new CenterLossError(
      'ERR_OPTION',
      `score 'knn-centers' compares two centers, but there is ${nClasses === 1 ? '1 class' : 'none'}`,
    );
  }
  checkBelongs('radius', radius, score, 'normalized', fitted);
  checkBelongs('precision', precision, score, 'mahalanobis', fitted);
  return {
    score,
    metric,
    radius: radius === undefined ? undefined : Float32Array.from(perClass(radius, 'radius', nClasses, isSize)),
    precision:
      precision === undefined ? undefined : Float32Array.from(checked(precision, 'precision', nFeatures, isSize)),
    threshold:
      threshold === undefined ? undefined : Float64Array.from(perClass(threshold, 'threshold', nClasses, isOrdered)),
    perClass: typeof threshold === 'object',
  };
}

function checkMetric(score: Score, metric: Metric | undefined): Metric {
  if (metric !== undefined) metricCode(metric);
  if (score === 'mahalanobis' && metric !== undefined) {
    throw new CenterLossError(
      'ERR_OPTION',
      `score 'mahalanobis' is a metric of its own, got metric "${metric}" beside`,
    );
  }
  if (score === 'cac' && metric !== undefined && metric !== 'euclidean') {
    throw new CenterLossError('ERR_OPTION', `score 'cac' is defined by metric 'euclidean', got "${metric}"`);
  }
  return score === 'cac' ? 'euclidean' : (metric ?? 'sqeuclidean');
}

/** An option that one score needs and no other has. */
function checkBelongs(name: string, value: unknown, score: Score, owner: Score, fitted: string): void {
  if (value !== undefined && score !== owner) {
    throw new CenterLossError('ERR_OPTION', `${name} is an option of score '${owner}', not of '${score}'`);
  }
  if (value === undefined && score === owner && fitted === 'given') {
    throw new CenterLossError('ERR_OPTION', `score '${owner}' needs the option ${name}`);
  }
}

interface Range {
  readonly accepts: (value: number) => boolean;
  readonly text: string;
}

const isSize: Range = {
  accepts: (value) => value >= 0 && Number.isFinite(Math.fround(value)),
  text: 'a finite number ≥ 0',
};
const isOrdered: Range = { accepts: (value) => !Number.isNaN(value), text: 'a number other than NaN' };

/** One number, or one for each class. */
function perClass(value: number | Floats, name: string, nClasses: number, range: Range): Floats {
  if (typeof value !== 'number') return checked(value, name, nClasses, range);
  checkNumber(value, name, range.accepts, range.text);
  return [value];
}

function checked(values: Floats, name: string, length: number, range: Range): Floats {
  checkFloats(values, name);
  if (values.length !== length) {
    throw new CenterLossError('ERR_SHAPE', `${name} has ${values.length} values, not ${length}`);
  }
  for (let i = 0; i < length; i++) checkNumber(values[i] as number, `${name}[${i}]`, range.accepts, range.text);
  return values;
}

/** As {@link classify}, by settings that were checked for these centers. */
export function classifyBy(centers: ClassCenters, x: Embeddings, settings: ScoreSettings): Classification {
  const { nClasses, nFeatures, address } = centers;
  const rowsOf = asFloats(x, 'x');
  const rows = countRows(rowsOf, 'x', nFeatures, 'nFeatures');
  const [labels, scores, nearest] = [new Int32Array(rows), newFloats(rows), new Int32Array(rows)];
  const { score, metric, radius, precision, threshold } = settings;
  const parameters = radius ?? precision ?? [];
  const thresholds = threshold ?? [];
  const fitting = Math.floor(ROWS_AT_ONCE_BYTES / (BYTES * nFeatures * ROWS_AT_ONCE)) * ROWS_AT_ONCE;
  const atOnce = Math.min(rows, Math.max(ROWS_AT_ONCE, fitting));
  const xNow = hold(rowsOf);
  const kernels = openSet();
  const [xAt, parametersAt, thresholdsAt, scoresAt, nearestAt, labelsAt, workAt] = scratch(
    `classify for ${atOnce} rows`,
    [
      BYTES * atOnce * nFeatures,
      BYTES * parameters.length,
      SCORE_BYTES * thresholds.length,
      BYTES * atOnce,
      BYTES * atOnce,
      BYTES * atOnce,
      kernels.classify_workspace_bytes(metricCode(metric), atOnce, nClasses, nFeatures) >>> 0,
    ],
  );
  writeFloats(parameters, 0, parameters.length, parametersAt);
  doubles(thresholdsAt, thresholds.length).set(thresholds);
  for (let first = 0; first < rows; first += atOnce) {
    const end = Math.min(first + atOnce, rows);
    writeFloats(xNow(), first * nFeatures, end * nFeatures, xAt);
    openSet().classify(
      xAt,
      end - first,
      address,
      nClasses,
      nFeatures,
      SCORES.indexOf(score),
      metricCode(metric),
      parametersAt,
      parameters.length,
      thresholdsAt,
      thresholds.length,
      scoresAt,
      nearestAt,
      labelsAt,
      workAt,
    );
    readFloats(scoresAt, scores.subarray(first, end));
    readIntegers(nearestAt, nearest.subarray(first, end));
    readIntegers(labelsAt, labels.subarray(first, end));
  }
  return { labels, scores, nearest };
}
