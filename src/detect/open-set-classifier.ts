import { ClassCenters, type ProbabilityOptions } from '../centers/class-centers.js';
import { bytesOfJson, Saveable } from '../io/saveable.js';
import { centersTensor, encodeObject, limitTensor, listTensor, restored, SavedObject } from '../io/saved-object.js';
import { takeRows } from '../memory/inputs.js';
import { stable } from '../memory/views.js';
import type { AddOptions } from '../statistics/class-statistics.js';
import { newArray, newDoubles, newFloats, newIntegers } from '../validate/allocate.js';
import { copyOfFloats, type NumberArray, partOf } from '../validate/arrays.js';
import {
  checkChoice,
  checkCount,
  checkNumber,
  checkOptions,
  checkTemperature,
  copyOfEach,
  type Floats,
  type Range,
  show,
} from '../validate/checks.js';
import { asRows, countRows, type Embeddings } from '../validate/embeddings.js';
import { CenterLossError, quoted } from '../validate/errors.js';
import { type Labels, type Target, writeLabels } from '../validate/labels.js';
import { checkMetric, type Metric } from '../validate/metric.js';
import { checkNames, Names } from '../validate/names.js';
import { rowsTrainedOn, warnIfTrainedOn } from '../validate/trained-rows.js';
import type { Batch as RustBatch } from '../wasm/bindings.js';
import { Calibration, checkSmoothing, type PValueOptions, pValuesByClass, rowsByClass } from './calibration.js';
import {
  type Classification,
  checkComparable,
  checkLimit,
  checkScoreSettings,
  classifyBy,
  comparesClasses,
  missingParameter,
  SCORE_OPTIONS,
  type Score,
  type ScoreOptions,
  type ScoreSettings,
  withNames,
} from './classify.js';
import {
  diagonalFactor,
  fitGaussian,
  type Gaussian,
  type Gaussians,
  gaussianOf,
  meanOf,
  type Shrinkage,
  useGaussians,
  type Whitening,
} from './covariance.js';
import { Examples } from './examples.js';
import { fitPrecision } from './precision.js';
import { fitRadii } from './radii.js';
import { fitTemperature } from './temperature.js';
import { fitThreshold, type ThresholdOptions } from './threshold.js';

/** Centers [nClasses, nDim], row-major: of an object of this package, or plain values; `{ nDim }` alone has no class. */
export interface CentersLike {
  /** Centers [nClasses, nDim], row after row. Default none. */
  readonly params?: Embeddings;
  /** Number of classes, C. Default 0. */
  readonly nClasses?: number;
  /** Number of dimensions, D. */
  readonly nDim: number;
  /** Default 'sqeuclidean'. */
  readonly metric?: Metric | undefined;
  /** Names of the classes [nClasses], all different. Default none. */
  readonly names?: readonly string[] | undefined;
}

/** Options of {@link OpenSetClassifier}. */
export interface ClassifierOptions extends ScoreOptions {
  /**
   * Covariance Σ of score 'mahalanobis', which all classes share: 'diagonal', which is the precision; 'tied', a full one
   * that `fit` finds; or a full one [nDim, nDim], such as `statistics.tiedCovariance()`. The score is then
   * min_j (x − c_j)ᵀ·Σ⁻¹·(x − c_j). Default 'diagonal'.
   */
  readonly covariance?: 'diagonal' | 'tied' | Floats;
  /**
   * Weight λ, from 0 to 1, by which `fit` shrinks the correlations of covariance 'tied'; variances stay, so that 1 is
   * 'diagonal'. 'ledoit-wolf' finds it. Default 0.
   */
  readonly shrinkage?: Shrinkage;
  /**
   * True: distances by covariance 'tied' are relative, less that to all known rows as one class with a covariance of its
   * own (Ren et al. 2021). Default false.
   */
  readonly relative?: boolean;
}

/** Options of {@link OpenSetClassifier.fit}. */
export interface FitOptions extends ThresholdOptions {
  /** True: each class gets a threshold of its own, from the rows that are nearest to it. Default false. */
  readonly perClass?: boolean;
  /**
   * True: the rows are kept as calibration for `pValues` and `predictionSets`: one float32 a row, in files too. Default
   * false.
   */
  readonly pValues?: boolean;
}

/** Options of {@link OpenSetClassifier.predictionSets}. */
export interface PredictionSetOptions extends PValueOptions {
  /** Least share of the known rows whose set has their class, over 0 and below 1. Default 0.95. */
  readonly confidence?: number;
}

/** Classes that rows may be of; no class = unknown. */
export interface PredictionSets {
  /** Classes of each row [B], ascending. */
  readonly labels: number[][];
  /** Names of these classes, their numbers where classes have no names. */
  readonly names: string[][];
}

/** Options of {@link OpenSetClassifier.addClass}. */
export interface AddClassOptions extends AddOptions {
  /** Radius of the class, where each class has its own: see `ScoreOptions`. */
  readonly radius?: number;
  /** Threshold of the class, where each class has its own and scores do not depend on the other classes. */
  readonly threshold?: number;
}

/** Decision for one row. */
export interface Decision {
  /** Name of the row's class, its number where classes have no names; null = unknown. */
  readonly name: string | null;
  /** Class, or −1 = unknown. */
  readonly label: number;
  /** The larger, the more unknown the row looks; Infinity if it has no finite distance. */
  readonly score: number;
  /** Name of the nearest class, whatever the score; null if there is no finite distance. */
  readonly nearest: string | null;
  /** Largest score of a row that is known; null without a threshold. */
  readonly threshold: number | null;
}

/** Source of the centers of a classifier. `ClassStatistics` make them. */
export type CentersSource =
  | CentersLike
  | {
      /** Centers of a loss. */
      readonly centers: CentersLike;
    }
  | {
      /** Makes the centers. */
      toCenters(): ClassCenters;
    };

/** Parameters of scores that `fit` finds unless the constructor is given them. */
const FITTED = ['radius', 'precision', 'temperature', 'covariance'] as const;
type Fitted = (typeof FITTED)[number];

/** Difference up to which a p-value is equal to 1 − confidence: both are rounded to float64. */
const ROUNDING = 1e-12;

/** Options in a file. */
interface SavedConfig extends Pick<ScoreOptions, 'score' | 'metric' | 'temperature'> {
  readonly centersMetric: Metric;
  /** Parameters that `fit` has found, and finds again at its next call. */
  readonly fitted: readonly Fitted[];
  readonly covariance?: 'tied';
  readonly shrinkage?: Shrinkage;
  readonly relative?: boolean;
}

/**
 * Decision between a class and "unknown": centers, a score and a threshold on it, bound together. The classifier has a
 * copy of the centers.
 *
 * ```js
 * const classifier = new OpenSetClassifier(loss, { score: 'normalized' }).fit(xHeldOut, labels);
 * const { name } = classifier.decide(row); // the name of a class, or null: unknown
 * const same = OpenSetClassifier.load(classifier.save());
 * ```
 *
 * Classes can be added, removed and renamed, and added classes take more examples later. Each change costs what it
 * touches, however many classes there are; with a full covariance, the next decision also whitens all centers again. One
 * threshold of all classes then stays, unless the score compares classes ('cac', 'softmin', 'entropy', 'knn-centers').
 * Values that each class has of its own stay when a class is removed, and a new class needs its own. Where they no longer
 * hold, the classifier refuses to decide until `fit` is called again.
 *
 * Scores 'distance' and 'normalized' by a Euclidean metric, with 64 classes and 16 dimensions or more, make the classifier
 * keep the centers as 8-bit codes, too, after its first 32 rows: about 30 % more memory, for decisions in a tenth to a
 * half of the time. Bounds of the codes' errors leave few centers in doubt, which are summed as without codes, so that no
 * bit of a result differs.
 */
export class OpenSetClassifier extends Saveable {
  /** Centers without names, which nobody else has: changes move their memory. */
  private readonly _centers: ClassCenters;
  private readonly _names: Names;
  /** Copy of the centers that the user has, until the next change. */
  private _copy: ClassCenters | undefined;
  /** Examples of the classes that were added. */
  private readonly _examples: Examples;
  /** Calibration of p-values; undefined before `fit` was asked for one. */
  private _calibration: Calibration | undefined;
  /** Center of one class alone, made when p-values first need it. */
  private _own: ClassCenters | undefined;
  private _settings: ScoreSettings;
  /** How `fit` finds a full covariance; undefined without one. */
  private readonly _tied: { readonly shrinkage: Shrinkage; readonly relative: boolean } | undefined;
  /** Covariance and changes that the whitened centers are of. */
  private _whitenedBy: readonly [object, number] | undefined;
  /** Parameters that `fit` leaves as they are. */
  private _given: { readonly [Name in Fitted]: boolean };
  /** Change of the classes after which the classifier has to be fitted again. */
  private _outdatedBy: string | undefined;
  /** Number of changes of the classes and of their limits. */
  private _changes = 0;

  /**
   * @param centers centers, or a loss that has them, or `ClassStatistics`, which make them; they are copied with their
   * metric and names. `{ nDim }` begins without classes.
   * @param options as of `classify`; `radius`, `precision` and `threshold` may be left to `fit`
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  constructor(centers: CentersSource, options: ClassifierOptions = {}) {
    super();
    const { params: given = [], nClasses = 0, nDim, metric = 'sqeuclidean', names } = centersOf(centers);
    checkNumber(nClasses, 'nClasses', (value) => Number.isSafeInteger(value) && value >= 0, 'a whole number ≥ 0');
    checkCount(nDim, 'nDim');
    const params = copyOfFloats(asRows(given, 'params', nDim));
    if (params.length !== nClasses * nDim) {
      throw new CenterLossError(
        'ERR_SHAPE',
        `params has ${params.length} values, but ${nClasses} centers of ${nDim} dimensions have ${nClasses * nDim}`,
      );
    }
    checkMetric(metric);
    checkOptions(options, [...SCORE_OPTIONS, ...COVARIANCE_OPTIONS]);
    const settings = checkScoreSettings({ nClasses, nDim, metric }, options, 'fitted later');
    this._tied = checkCovariance(settings, options);
    const { covariance } = options;
    this._settings =
      typeof covariance === 'object'
        ? { ...settings, covariance: { classes: givenCovariance(covariance, nDim) } }
        : settings;
    if (comparesClasses(this.score)) {
      checkComparable(this.score, countFinite(params, nDim));
    }
    this._given = givenIn(options);
    this._names = new Names(checkNames(names, nClasses) ?? (nClasses > 0 ? undefined : []), nClasses);
    this._centers = new ClassCenters(nClasses || 1, nDim, { metric });
    if (nClasses === 0) this._centers._resize(0);
    this._centers.params.set(params);
    this._centers.rust.keep_codes();
    this._examples = new Examples(nDim);
  }

  /**
   * Copy of the centers, made when it is first read after a change of the classes.
   * @throws CenterLossError `ERR_OPTION` if there is no class, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  get centers(): ClassCenters {
    const { nClasses, nDim, metric, rust } = this._centers;
    if (rust && this._copy) return this._copy;
    const copy = new ClassCenters(nClasses, nDim, { fixed: true, metric, names: this.names });
    copy.params.set(this._centers.params);
    this._copy = copy;
    return copy;
  }

  /** Number of classes, C. */
  get nClasses(): number {
    return this._centers.nClasses;
  }

  /** Number of dimensions, D. */
  get nDim(): number {
    return this._centers.nDim;
  }

  /** Names of the classes, if they have any. */
  get names(): readonly string[] | undefined {
    return this._names.list;
  }

  /** Score that decides. */
  get score(): Score {
    return this._settings.score;
  }

  /** Metric of the distances; undefined for score 'mahalanobis', which has its own. */
  get metric(): Metric | undefined {
    return this.score === 'mahalanobis' ? undefined : this._settings.metric;
  }

  /** Radius of all classes [1] or of each [nClasses] for score 'normalized', a copy; undefined before there is one. */
  get radius(): Float32Array<ArrayBuffer> | undefined {
    const { radius } = this._settings;
    return typeof radius === 'number' ? Float32Array.of(radius) : radius?.slice();
  }

  /** Precision [nDim] of score 'mahalanobis', a copy; undefined before there is one. */
  get precision(): Float32Array<ArrayBuffer> | undefined {
    return this._settings.precision?.slice();
  }

  /** Full covariance [nDim, nDim] of score 'mahalanobis', a copy; undefined before there is one. */
  get covariance(): Float64Array<ArrayBuffer> | undefined {
    return this._settings.covariance?.classes.covariance.slice();
  }

  /** Temperature of scores 'softmin', 'entropy' and 'cac'; undefined, which stands for 1, before there is one. */
  get temperature(): number | undefined {
    return this._settings.temperature;
  }

  /** Threshold of all rows, or a copy of those of the classes [nClasses]; undefined while there is none. */
  get threshold(): number | Float64Array<ArrayBuffer> | undefined {
    const { threshold } = this._settings;
    return typeof threshold === 'object' ? threshold.slice() : threshold;
  }

  /**
   * Fits on the known rows the parameters of the score that the constructor was not given (radii at the quantile `tpr`,
   * as `CenterLoss.fitRadius`; the precision or covariance; the temperature of 'softmin' and 'entropy', by the likelihood
   * of the labels), then the threshold on their scores, by `fitThreshold`. Use held-out rows: those that were trained on
   * look more known than new ones. Known rows at no finite distance are left out.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown and ignored; or names, null = unknown
   * @throws CenterLossError `ERR_SHAPE`, also if no row is known and finite, and for a full covariance that is singular;
   * `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`; nothing has changed then
   */
  fit(x: Embeddings, target: Target, options: FitOptions = {}): this {
    checkOptions(options, ['tpr', 'perClass', 'finiteSample', 'pValues']);
    const { perClass = false, pValues = false, ...thresholdOptions } = options;
    checkChoice(perClass, 'perClass', [true, false]);
    checkChoice(pValues, 'pValues', [true, false]);
    const { nClasses, nDim, names, _changes: before } = this;
    const { values, rows, labels: given } = takeRows(x, target, { width: nDim });
    this._checkUnchanged(before);
    const labels = newIntegers(rows);
    writeLabels(given as Labels, rows, { nClasses, names, labels: 'strict' }, labels, 0);
    if (!labels.some((label) => label >= 0))
      throw new CenterLossError('ERR_SHAPE', `none of the ${rows} rows is known`);
    // Each step may let memory grow, which would detach rows that are a view on it.
    const xView = stable(values);
    const settings = {
      ...this._settings,
      ...this._fitScore(xView(), labels, thresholdOptions.tpr),
      threshold: undefined,
    };
    this._whiten(settings.covariance);
    const all = classifyBy(this._centers, xView(), settings);
    // Any threshold rejects a row at no finite distance. Such a row must not move the threshold to Infinity.
    const isCounted = (_: number, i: number) => (labels[i] as number) >= 0 && (all.nearest[i] as number) >= 0;
    const scores = all.scores.filter(isCounted);
    const classes = all.nearest.filter(isCounted);
    if (scores.length === 0) throw new CenterLossError('ERR_SHAPE', `none of the ${rows} rows is known and finite`);
    const threshold = perClass
      ? fitThreshold(scores, { ...thresholdOptions, classes, nClasses })
      : fitThreshold(scores, thresholdOptions);
    const calibration = pValues ? this._calibrated(xView(), labels, settings) : undefined;
    this._changes += 1;
    this._settings = { ...settings, threshold };
    this._calibration = calibration;
    if (this._whitenedBy) this._whitenedBy = [this._whitenedBy[0], this._changes];
    this._outdatedBy = undefined;
    warnIfTrainedOn('fit', x);
    return this;
  }

  /** Scores each row as a member of its own class; rows at no finite distance are left out. */
  private _calibrated(x: NumberArray, labels: Int32Array, settings: ScoreSettings): Calibration {
    const { nDim } = this;
    const xView = stable(x);
    const calibration = new Calibration();
    for (const [label, rows] of rowsByClass(labels)) {
      const own = newFloats(rows.length * nDim);
      rows.forEach((row, nth) => {
        own.set(partOf(xView(), row * nDim, (row + 1) * nDim), nth * nDim);
      });
      const scores = this._scorer(own, settings)(label).filter(Number.isFinite);
      if (scores.length > 0) calibration.scores.set(label, scores.sort());
    }
    return calibration;
  }

  /**
   * Gives the scores of rows as members of a class, by the distance to its center: the order of the rows is that of
   * 'normalized', too, and does not depend on the other classes or on the batch. The centers are whitened where a
   * covariance needs that.
   */
  private _scorer(x: NumberArray, settings: ScoreSettings): (label: number) => Float32Array<ArrayBuffer> {
    const { rust, nDim, nClasses } = this._centers;
    const xView = stable(x);
    if (settings.covariance) {
      const distances = this._centers._distances(xView(), undefined, () => {}, 'whitened') as Float32Array<ArrayBuffer>;
      return (label) =>
        newFloats(distances.length / nClasses).map((_, row) => distances[row * nClasses + label] as number);
    }
    const score = settings.score === 'mahalanobis' ? 'mahalanobis' : 'distance';
    this._own ??= rust && new ClassCenters(1, nDim);
    const own = this._own;
    return (label) => {
      own.params.set(this._centers.params.subarray(label * nDim, (label + 1) * nDim));
      return classifyBy(own, xView(), { ...settings, score, radius: undefined, threshold: undefined }).scores;
    };
  }

  /** Fits the parameters that the score needs and the constructor was not given. */
  private _fitScore(x: NumberArray, target: Int32Array, tpr = 0.95): Partial<ScoreSettings> {
    const { score, metric } = this._settings;
    if (score === 'normalized' && !this._given.radius) {
      return { radius: fitRadii(this._centers, x, target, { metric, quantile: tpr }) };
    }
    if (this._tied) {
      return this._given.covariance ? {} : { covariance: this._fitCovariance(x, target, this._tied) };
    }
    if (score === 'mahalanobis' && !this._given.precision) {
      return { precision: fitPrecision(this._centers, x, target) };
    }
    if ((score === 'softmin' || score === 'entropy') && !this._given.temperature) {
      return { temperature: fitTemperature(this._centers, x, target, metric) };
    }
    return {};
  }

  /** Fits a full covariance about the centers and, for relative distances, that of all known rows about their mean. */
  private _fitCovariance(
    x: NumberArray,
    target: Int32Array,
    { shrinkage, relative }: { readonly shrinkage: Shrinkage; readonly relative: boolean },
  ): Gaussians {
    const { nDim, params } = this._centers;
    const classes = fitGaussian(x, target, params, nDim, shrinkage);
    if (!relative) return { classes };
    const ofAll = target.map((label) => Math.min(label, 0));
    const mean = meanOf(x, ofAll, nDim);
    return { classes, background: { ...fitGaussian(x, ofAll, mean, nDim, shrinkage), mean } };
  }

  /** Whitens the centers, unless they are. `by` is the same object as long as it has the same values. */
  private _whiten(by: object | undefined, whitening = by as Whitening): void {
    if (!by || (this._whitenedBy?.[0] === by && this._whitenedBy[1] === this._changes)) return;
    const { rust, nDim } = this._centers;
    this._whitenedBy = undefined;
    // Growth detaches the view on the centers.
    useGaussians(rust, () => this._centers.params, nDim, whitening);
    this._whitenedBy = [by, this._changes];
  }

  /**
   * Decides for each row: labels and names, with the scores and nearest classes that they come from. Without a threshold
   * only rows at no finite distance are rejected.
   * @param x rows [B, nDim]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION` if radii, a precision or a covariance are missing,
   * `ERR_NOT_INITIALIZED` if `fit` is needed after a change of the classes, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  classify(x: Embeddings): Classification {
    return withNames(this._classify(x), (label) => this._names.at(label));
  }

  /**
   * Decides for one row, as {@link OpenSetClassifier.classify}.
   * @param row one row [nDim]
   * @throws CenterLossError as {@link OpenSetClassifier.classify}
   */
  decide(row: Embeddings): Decision {
    const { labels, scores, nearest } = this._classify(row);
    if (labels.length !== 1) throw new CenterLossError('ERR_SHAPE', `decide takes one row, got ${labels.length} rows`);
    const [label = -1, score = 0, nearestClass = -1] = [labels[0], scores[0], nearest[0]];
    const { threshold } = this._settings;
    return {
      name: this._names.at(label),
      label,
      score,
      nearest: this._names.at(nearestClass),
      threshold: (typeof threshold === 'object' ? threshold[nearestClass] : threshold) ?? null,
    };
  }

  /**
   * Class-conditional p-values p_ij [B, nClasses] of the rows as members of each class, by split conformal prediction:
   * p_ij = (1 + #{calibration rows of class j at s_ij or farther}) / (n_j + 1), where s_ij is the distance of row i to
   * the center of class j by the metric of the score ('mahalanobis': by its precision or covariance), and n_j counts the calibration
   * rows of class j. A row of class j has p_ij ≤ ε with a probability of at most ε, if it comes from where the
   * calibration rows came from (Vovk et al. 2005).
   *
   * By 'mahalanobis' the bound is exact if other rows gave the precision or covariance. The least p is 1/(n_j + 1), also for a row at no
   * finite distance. A class without calibration rows has p = 1: so has one that was added, or was given examples, after
   * `fit`.
   * @param x rows [B, nDim]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_NOT_INITIALIZED` before `fit(x, target, { pValues: true })`
   * and if `fit` is needed after a change of the classes; `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  pValues(x: Embeddings, options: PValueOptions = {}): Float64Array<ArrayBuffer> {
    checkOptions(options, ['smoothingSeed']);
    return this._pValues(x, checkSmoothing(options)).p;
  }

  private _pValues(x: Embeddings, seed: number | undefined) {
    // A disposed object says so, fitted or not.
    this._centers.rust;
    const { settings } = this._decider();
    const { nClasses, nDim, _calibration: calibration, _changes: before } = this;
    if (calibration === undefined) {
      throw new CenterLossError(
        'ERR_NOT_INITIALIZED',
        'there is no calibration: call fit with held-out rows and the option pValues: true',
      );
    }
    const xView = stable(asRows(x, 'x', nDim));
    this._checkUnchanged(before);
    const rows = countRows(xView(), 'x', nDim);
    const scoresOf = this._scorer(xView(), settings);
    return { p: pValuesByClass(calibration.scores, [rows, nClasses], seed, scoresOf), rows, nClasses };
  }

  /**
   * Classes that each row may be of: those with {@link OpenSetClassifier.pValues} over 1 − confidence. A known row's set
   * has its class with a probability of at least `confidence`, in each class. An empty set is an unknown row; one of
   * several classes is a row that cannot be told apart at this confidence.
   *
   * A class of fewer than confidence/(1 − confidence) calibration rows, 19 at 0.95, is in every set.
   * @param x rows [B, nDim]
   * @throws CenterLossError as {@link OpenSetClassifier.pValues}
   */
  predictionSets(x: Embeddings, options: PredictionSetOptions = {}): PredictionSets {
    checkOptions(options, ['confidence', 'smoothingSeed']);
    const { confidence = 0.95 } = options;
    checkNumber(confidence, 'confidence', (value) => value > 0 && value < 1, 'a number over 0 and below 1');
    const { p, rows, nClasses } = this._pValues(x, checkSmoothing(options));
    const labels = Array.from({ length: rows }, () => [] as number[]);
    // In float64, 1 − 0.9 is below 1/10.
    const most = 1 - confidence + ROUNDING;
    p.forEach((value, at) => {
      if (value > most) labels[Math.floor(at / nClasses)]?.push(at % nClasses);
    });
    return { labels, names: labels.map((set) => set.map((label) => this._names.at(label) as string)) };
  }

  private _classify(x: Embeddings) {
    this._decider();
    const before = this._changes;
    const values = asRows(x, 'x', this.nDim);
    this._checkUnchanged(before);
    return classifyBy(this._centers, values, this._settings);
  }

  /**
   * @internal What decides, complete.
   * @throws CenterLossError `ERR_OPTION` if radii, a precision or a covariance are missing, `ERR_NOT_INITIALIZED` if `fit`
   * is needed
   */
  _decider(): { readonly centers: ClassCenters; readonly settings: ScoreSettings } {
    this._checkIsUpToDate();
    const { score } = this;
    const missing = this._tied ? !this._settings.covariance && 'covariance' : missingParameter(score, this._settings);
    if (missing) {
      throw new CenterLossError(
        'ERR_OPTION',
        `score '${score}' needs a ${missing}: give it to the constructor, or call fit`,
      );
    }
    this._whiten(this._settings.covariance);
    return { centers: this._centers, settings: this._settings };
  }

  /** Labels alone: a class, or −1 for an unknown row. Throws as {@link OpenSetClassifier.classify}. */
  predict(x: Embeddings): Int32Array<ArrayBuffer> {
    return this._classify(x).labels;
  }

  /** Scores alone, the larger the more unknown. Throws as {@link OpenSetClassifier.classify}. */
  scores(x: Embeddings): Float32Array<ArrayBuffer> {
    return this._classify(x).scores;
  }

  /**
   * Distances of the rows to all centers [B, nClasses], by the metric of the score or by the covariance of 'mahalanobis'.
   * Each is within 1e-5 (relative) of the float64 value, as those of `ClassCenters.distances`; one that is relative is
   * within 1e-5 of the two that it is the difference of.
   * @param x rows [B, nDim]
   * @throws CenterLossError as {@link OpenSetClassifier.classify}
   */
  distances(x: Embeddings): Float32Array<ArrayBuffer> {
    return this._distances(x, () => {});
  }

  /**
   * Class probabilities by softmin over the distances, p_ij = e^(−d_ij/T) / Σ_k e^(−d_ik/T), [B, nClasses]. T is the option
   * `temperature`; default 2 for 'mahalanobis', which makes p the posterior of normal classes that are equally frequent,
   * else that of the score, or 1.
   * @param x rows [B, nDim]
   * @throws CenterLossError as {@link OpenSetClassifier.classify}
   */
  predictProba(x: Embeddings, options: ProbabilityOptions = {}): Float32Array<ArrayBuffer> {
    checkOptions(options, ['temperature']);
    const ofScore = this.score === 'mahalanobis' ? 2 : (this.temperature ?? 1);
    const { temperature = ofScore } = options;
    checkTemperature(temperature);
    return this._distances(x, (batch) => batch.softmin(temperature));
  }

  private _distances(x: Embeddings, finish: (batch: RustBatch) => void): Float32Array<ArrayBuffer> {
    const { centers, settings } = this._decider();
    const { precision, metric } = settings;
    const before = this._changes;
    const values = asRows(x, 'x', this.nDim);
    this._checkUnchanged(before);
    if (precision) this._whiten(precision, { classes: diagonalFactor(precision) });
    return centers._distances(
      values,
      undefined,
      finish,
      this.metric ? metric : 'whitened',
    ) as Float32Array<ArrayBuffer>;
  }

  /**
   * Adds a class, whose center is the mean of its examples: a center is the only example of its class, and one that
   * stands for many examples is one of that weight. Classes without names are called by their numbers from then on.
   *
   * Where each class has a radius or a threshold of its own and the options give none, or where the score compares
   * classes, `fit` has to be called before the next decision.
   * @param examples rows [n, nDim], at least one that is finite; others are left out
   * @throws CenterLossError `ERR_LABEL` for the name of a class; `ERR_OPTION`, also for an option that does not apply and
   * for a missing radius if the constructor was given those of the others; `ERR_SHAPE`, `ERR_DISPOSED`,
   * `ERR_OUT_OF_MEMORY`; nothing has changed then
   */
  addClass(name: string, examples: Embeddings, options: AddClassOptions = {}): void {
    const { nClasses } = this;
    const { radius, threshold } = this._settings;
    this._liveNames.checkNew(name);
    checkOptions(options, ['radius', 'threshold', 'sampleWeight']);
    const { radius: ownRadius, threshold: ownThreshold, sampleWeight } = options;
    const hasRadii = typeof radius === 'object';
    checkOwn('radius', ownRadius, hasRadii, 'classes have radii of their own');
    const text = 'classes have thresholds of their own, and the score does not compare classes';
    checkOwn('threshold', ownThreshold, typeof threshold === 'object' && !comparesClasses(this.score), text);
    if (hasRadii && this._given.radius && ownRadius === undefined) {
      throw new CenterLossError('ERR_OPTION', `the radii of the classes were given: give that of ${quoted(name)}, too`);
    }
    const mean = this._joined(undefined, examples, sampleWeight);
    const radii = hasRadii ? appended(radius, ownRadius) : radius;
    const thresholds = typeof threshold === 'object' ? appended(threshold, ownThreshold) : threshold;
    this._centers._resize(nClasses + 1);
    this._centers._write(nClasses, mean.subarray(1));
    this._names.add(name);
    this._examples.set(nClasses, mean);
    rowsTrainedOn(examples);
    this._changed();
    this._useLimits(`class ${quoted(name)} was added`, radii, thresholds);
  }

  /**
   * Adds examples to a class that was added, whose center is then the mean of all of them. Radii and thresholds stay:
   * call `fit` when centers have moved far. The calibration of the class for p-values goes.
   * @param examples rows [n, nDim], at least one that is finite; others are left out
   * @throws CenterLossError `ERR_LABEL` for a name that no class has; `ERR_OPTION`, also for a class whose center the
   * constructor was given; `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`; nothing has changed then
   */
  addExamples(name: string, examples: Embeddings, options: AddOptions = {}): void {
    const label = this._liveNames.find(name);
    const { nDim, params } = this._centers;
    checkOptions(options, ['sampleWeight']);
    const earlier = this._examples.get(label);
    if (earlier === undefined && Number.isFinite(params[label * nDim])) {
      throw new CenterLossError(
        'ERR_OPTION',
        `class ${quoted(name)} has a center, but no examples that others could join: remove it and add its examples, or its center as one example of their weight`,
      );
    }
    const mean = this._joined(earlier, examples, options.sampleWeight);
    this._centers._write(label, mean.subarray(1));
    this._examples.set(label, mean);
    this._calibration?.forget(label);
    this._changed();
    rowsTrainedOn(examples);
  }

  /**
   * Counts the examples of a class, or sums their weights; 0 for a class whose center the constructor was given.
   * @throws CenterLossError `ERR_LABEL` for a name that no class has, `ERR_DISPOSED`
   */
  count(name: string): number {
    return this._examples.get(this._liveNames.find(name))?.[0] ?? 0;
  }

  /**
   * Removes a class; the last class takes its number. Rows of it are decided by the other classes then.
   *
   * Where the score compares classes, `fit` has to be called before the next decision.
   * @throws CenterLossError `ERR_LABEL` for a name that no class has; `ERR_OPTION` for one of the last two classes with a
   * score that compares classes; `ERR_DISPOSED`; nothing has changed then
   */
  removeClass(name: string): void {
    const removed = this._liveNames.find(name);
    const { nClasses, nDim, params } = this._centers;
    const { radius, threshold } = this._settings;
    if (comparesClasses(this.score)) checkComparable(this.score, countFinite(params, nDim, removed));
    const last = nClasses - 1;
    this._examples.remove(removed, last);
    this._calibration?.remove(removed, last);
    this._centers._write(removed, params.subarray(last * nDim));
    this._centers._resize(last);
    this._names.remove(removed);
    this._changed();
    this._useLimits(
      `class ${quoted(name)} was removed`,
      typeof radius === 'object' ? without(radius, removed) : radius,
      typeof threshold === 'object' ? without(threshold, removed) : threshold,
    );
  }

  /**
   * Gives a class another name; nothing else changes.
   * @throws CenterLossError `ERR_LABEL` if no class has the first name, or one has the second; `ERR_OPTION`,
   * `ERR_DISPOSED`; nothing has changed then
   */
  renameClass(from: string, to: string): void {
    const renamed = this._liveNames.find(from);
    this._names.checkNew(to);
    this._names.rename(renamed, to);
    this._changed();
  }

  /** Names, to look up and to change. @throws CenterLossError `ERR_DISPOSED` */
  private get _liveNames(): Names {
    return this._centers.rust && this._names;
  }

  /** Weight and mean of earlier examples and new ones. */
  private _joined(earlier: Float64Array<ArrayBuffer> | undefined, x: Embeddings, sampleWeight: Floats | undefined) {
    const before = this._changes;
    const mean = this._examples.joined(earlier, x, sampleWeight);
    this._checkUnchanged(before);
    return mean;
  }

  /** Refuses the result of a call in which a getter among the rows changed this classifier. */
  private _checkUnchanged(before: number): void {
    if (before === this._changes) return;
    throw new CenterLossError('ERR_OPTION', 'the classifier changed while rows were read: pass arrays without getters');
  }

  private _changed(): void {
    this._changes += 1;
    this._copy = undefined;
  }

  /**
   * Takes radii and thresholds after a change of the classes; undefined where a class has none. Decisions are refused
   * until `fit` finds the ones that do not hold.
   */
  private _useLimits(change: string, radius: ScoreSettings['radius'], threshold: ScoreSettings['threshold']): void {
    const before = this._settings;
    const lacksRadius = before.radius !== undefined && radius === undefined;
    const holds = threshold !== undefined && !lacksRadius && !comparesClasses(this.score);
    this._settings = { ...before, radius, threshold: holds ? threshold : undefined };
    if (before.threshold !== undefined && !holds) this._outdatedBy = change;
  }

  /** @throws CenterLossError `ERR_NOT_INITIALIZED` if the classes have changed so that `fit` is needed */
  private _checkIsUpToDate(): void {
    if (this._outdatedBy === undefined) return;
    throw new CenterLossError(
      'ERR_NOT_INITIALIZED',
      `${this._outdatedBy}, after which the threshold no longer holds: call fit with held-out rows`,
    );
  }

  /**
   * Writes the classifier as a safetensors file.
   * @throws CenterLossError `ERR_OPTION` for centers that are not finite, `ERR_NOT_INITIALIZED` if `fit` is needed after a
   * change of the classes, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  save(): Uint8Array<ArrayBuffer> {
    this._checkIsUpToDate();
    const { nClasses, nDim, names, score, metric, precision, temperature, threshold } = this;
    const { radius, covariance } = this._settings;
    const { params, metric: centersMetric } = this._centers;
    const matrix = (data: Float64Array<ArrayBuffer>) => ({ dtype: 'F64', shape: [nDim, nDim], data }) as const;
    const fitted = FITTED.filter((name) => this._settings[name] !== undefined && !this._given[name]);
    return encodeObject('OpenSetClassifier', {
      config: {
        ...{ score, metric, centersMetric, temperature, fitted },
        ...(this._tied && { covariance: 'tied', ...this._tied }),
      },
      names,
      tensors: {
        centers: centersTensor(params, nClasses, nDim),
        radius: radius === undefined ? undefined : limitTensor(radius),
        precision: precision && listTensor(precision),
        covariance: covariance && matrix(covariance.classes.covariance),
        backgroundMean: covariance?.background && listTensor(covariance.background.mean),
        backgroundCovariance: covariance?.background && matrix(covariance.background.covariance),
        threshold: threshold === undefined ? undefined : limitTensor(threshold),
        ...this._examples.tensors(nClasses),
        ...this._calibration?.tensors(nClasses),
      },
    });
  }

  /**
   * Reads what {@link save} wrote: the classifier decides the same for every row, and `fit` finds the same parameters.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): OpenSetClassifier {
    const saved = new SavedObject(bytes, 'OpenSetClassifier');
    const { fitted, centersMetric, ...config } = saved.config<SavedConfig>(
      ['score', 'centersMetric', 'fitted'],
      ['metric', 'temperature', 'covariance', 'shrinkage', 'relative'],
    );
    const { params, nClasses, nDim } = saved.centers(0);
    const options = {
      ...config,
      ...(saved.has('radius') && { radius: saved.radius(nClasses) }),
      ...(saved.has('precision') && { precision: saved.floats('precision', [nDim]) }),
      ...(saved.has('threshold') && { threshold: saved.threshold(nClasses) }),
    };
    const centers = { params, nClasses, nDim, metric: centersMetric, names: saved.names(nClasses) };
    return restored('OpenSetClassifier', () => {
      const covariance = saved.has('covariance') ? saved.doubles('covariance', [nDim, nDim]) : undefined;
      checkFitted(fitted, { ...options, covariance });
      const classifier = new OpenSetClassifier(centers, options);
      classifier._given = givenIn(covariance ? { ...options, covariance } : options, fitted);
      if (covariance) classifier._readCovariance(saved, covariance);
      classifier._examples.read(saved, nClasses);
      classifier._calibration = Calibration.read(saved, nClasses);
      return classifier;
    });
  }

  /** Takes the covariances in a file. */
  private _readCovariance(saved: SavedObject, covariance: Float64Array<ArrayBuffer>): void {
    const { nDim } = this;
    if (!this._tied) throw new CenterLossError('ERR_OPTION', "there is a covariance, but covariance is not 'tied'");
    const classes = givenCovariance(covariance, nDim);
    const background = this._tied.relative && {
      ...givenCovariance(saved.doubles('backgroundCovariance', [nDim, nDim]), nDim),
      mean: copyOfEach(
        saved.doubles('backgroundMean', [nDim]),
        'backgroundMean',
        nDim,
        'dimensions',
        FINITE,
        newDoubles,
      ),
    };
    this._settings = { ...this._settings, covariance: background ? { classes, background } : { classes } };
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): OpenSetClassifier {
    return OpenSetClassifier.load(bytesOfJson(value));
  }

  /** Frees the centers, and the copy that `centers` gave last. */
  dispose(): void {
    this._centers.dispose();
    this._copy?.dispose();
    this._own?.dispose();
  }
}

function centersOf(given: CentersSource): CentersLike {
  const { toCenters, centers = given } = Object(given);
  const made = typeof toCenters === 'function' && toCenters.call(given);
  if (made instanceof ClassCenters) {
    const { nClasses, nDim, metric, names } = made;
    const params = made.toArray();
    made.dispose();
    return { params, nClasses, nDim, metric, names };
  }
  if (typeof centers === 'object' && centers !== null) return centers as CentersLike;
  throw new CenterLossError(
    'ERR_OPTION',
    `centers must be ClassCenters, a loss or { params, nClasses, nDim }, got ${show(centers)}`,
  );
}

/** Checks the value that a new class has of its own. @throws CenterLossError `ERR_OPTION` where classes have none */
function checkOwn(name: 'radius' | 'threshold', value: number | undefined, isOption: boolean, where: string): void {
  if (value === undefined) return;
  if (!isOption) throw new CenterLossError('ERR_OPTION', `${name} is an option where ${where}`);
  checkLimit(value, name);
}

type Values = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/**
 * Adds the value of a class to those of the others; undefined without one. An array for twice as many values is made
 * where the memory behind `values` is full.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
function appended<V extends Values>(values: V, value: number | undefined): V | undefined {
  if (value === undefined) return undefined;
  const { length, byteLength, BYTES_PER_ELEMENT } = values;
  const type = values.constructor as new (from: number | ArrayBuffer, at?: number, length?: number) => V;
  let { buffer } = values;
  if (byteLength === buffer.byteLength) {
    const larger = newArray(() => new type(2 * length + 1), (2 * length + 1) * BYTES_PER_ELEMENT, 'limits of classes');
    larger.set(values);
    buffer = larger.buffer;
  }
  const longer = new type(buffer, 0, length + 1);
  longer[length] = value;
  return longer;
}

/** Removes the value of a class, whose place that of the last class takes. */
function without<V extends Values>(values: V, removed: number): V {
  values.copyWithin(removed, values.length - 1);
  return values.subarray(0, -1) as V;
}

/** Counts centers that are finite, up to two, without the class `except`. */
function countFinite(params: Float32Array, nDim: number, except?: number): number {
  let count = 0;
  for (let at = 0; at < params.length && count < 2; at += nDim) {
    if (at !== (except ?? -1) * nDim && Number.isFinite(params[at])) count += 1;
  }
  return count;
}

/** Parameters that are among the options and not `fitted`. */
function givenIn(options: ClassifierOptions, fitted: readonly Fitted[] = []): { readonly [Name in Fitted]: boolean } {
  const isGiven = (name: Fitted) => options[name] !== undefined && !fitted.includes(name);
  return {
    ...{ radius: isGiven('radius'), precision: isGiven('precision'), temperature: isGiven('temperature') },
    covariance: typeof options.covariance === 'object' && !fitted.includes('covariance'),
  };
}

/** @throws CenterLossError `ERR_OPTION` unless `fitted` names parameters that are there, each once */
function checkFitted(fitted: unknown, options: { readonly [Name in Fitted]?: unknown }): void {
  const isFitted = (name: unknown) => FITTED.includes(name as Fitted) && options[name as Fitted] !== undefined;
  if (Array.isArray(fitted) && fitted.every(isFitted) && new Set(fitted).size === fitted.length) return;
  throw new CenterLossError(
    'ERR_OPTION',
    `fitted must be a list of the parameters that are there, got ${String(fitted)}`,
  );
}

/** Names of the options of a full covariance. */
const COVARIANCE_OPTIONS = ['covariance', 'shrinkage', 'relative'] as const;

const FINITE: Range = { accepts: Number.isFinite, text: 'a finite number' };

/**
 * Checks the options of a full covariance.
 * @returns how `fit` finds one; undefined where the covariance is diagonal
 * @throws CenterLossError `ERR_OPTION`
 */
function checkCovariance(
  { score, precision }: ScoreSettings,
  { covariance = 'diagonal', shrinkage = 0, relative = false }: ClassifierOptions,
): { readonly shrinkage: Shrinkage; readonly relative: boolean } | undefined {
  const isMatrix = typeof covariance === 'object' && covariance !== null;
  if (!isMatrix) checkChoice(covariance, 'covariance', ['diagonal', 'tied']);
  checkChoice(relative, 'relative', [true, false]);
  if (shrinkage !== 'ledoit-wolf') {
    const text = "a number from 0 to 1 or 'ledoit-wolf'";
    checkNumber(shrinkage, 'shrinkage', (value) => value >= 0 && value <= 1, text);
  }
  const isTied = covariance === 'tied';
  const refuse = (text: string) => new CenterLossError('ERR_OPTION', text);
  if (!isTied && (shrinkage !== 0 || relative)) throw refuse("shrinkage and relative are options of covariance 'tied'");
  if (!isTied && !isMatrix) return undefined;
  if (score !== 'mahalanobis') throw refuse(`covariance is an option of score 'mahalanobis', not of '${score}'`);
  if (precision) throw refuse('precision is an option of a diagonal covariance: leave out precision or covariance');
  return { shrinkage, relative };
}

/** Checks and factors a covariance. @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION` */
function givenCovariance(covariance: Floats, nDim: number): Gaussian {
  const copy = copyOfEach(covariance, 'covariance', nDim * nDim, 'pairs of dimensions', FINITE, newDoubles);
  for (let i = 0; i < nDim; i++) {
    for (let j = 0; j < i; j++) {
      if (copy[i * nDim + j] === copy[j * nDim + i]) continue;
      throw new CenterLossError(
        'ERR_OPTION',
        `covariance must be symmetric, got ${copy[i * nDim + j]} at [${i}, ${j}] and ${copy[j * nDim + i]} at [${j}, ${i}]`,
      );
    }
  }
  return gaussianOf(copy);
}
