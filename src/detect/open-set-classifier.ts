import { ClassCenters } from '../centers/class-centers.js';
import { bytesOfJson, Saveable } from '../io/saveable.js';
import { centersTensor, encodeObject, limitTensor, listTensor, restored, SavedObject } from '../io/saved-object.js';
import { stable } from '../memory/views.js';
import { addRows, createStatistics } from '../statistics/rows.js';
import { checkChoice, checkCount, checkOptions, checkRowsMatch, show } from '../validate/checks.js';
import { asRows, type Embeddings, type FlatRows } from '../validate/embeddings.js';
import { CenterLossError, quoted } from '../validate/errors.js';
import { labelsOf, type Target, writeLabels } from '../validate/labels.js';
import { checkMetric, type Metric } from '../validate/metric.js';
import { checkNewName, classIndex, nameOf, noClass } from '../validate/names.js';
import { rowsTrainedOn, warnIfTrainedOn } from '../validate/trained-rows.js';
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
import { fitPrecision } from './precision.js';
import { fitRadii } from './radii.js';
import { fitTemperature } from './temperature.js';
import { fitThreshold, type ThresholdOptions } from './threshold.js';

/** Centers [nClasses, nDim], row-major: of an object of this package, or plain values. */
export interface CentersLike {
  /** Centers [nClasses, nDim], row after row. */
  readonly params: Embeddings;
  /** Number of classes, C. */
  readonly nClasses: number;
  /** Number of dimensions, D. */
  readonly nDim: number;
  /** Default 'sqeuclidean'. */
  readonly metric?: Metric | undefined;
  /** Names of the classes [nClasses], all different. Default none. */
  readonly names?: readonly string[] | undefined;
}

/** Options of {@link OpenSetClassifier.fit}. */
export interface FitOptions extends ThresholdOptions {
  /** True: each class gets a threshold of its own, from the rows that are nearest to it. Default false. */
  readonly perClass?: boolean;
}

/** Options of {@link OpenSetClassifier.addClass}. */
export interface AddClassOptions {
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

/** Source of the centers of a classifier: `NamedCenters` and `ClassStatistics` make them. */
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
const FITTED = ['radius', 'precision', 'temperature'] as const;
type Fitted = (typeof FITTED)[number];

/** Options in a file. */
interface SavedConfig extends Pick<ScoreOptions, 'score' | 'metric' | 'temperature'> {
  readonly centersMetric: Metric;
  /** Parameters that `fit` has found, and finds again at its next call. */
  readonly fitted: readonly Fitted[];
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
 * Classes can be added, removed and renamed. One threshold of all classes then stays, unless the score compares classes
 * ('cac', 'softmin', 'entropy', 'knn-centers'). Values that each class has of its own stay when a class is removed, and a
 * new class needs its own. Where they no longer hold, the classifier refuses to decide until `fit` is called again.
 */
export class OpenSetClassifier extends Saveable {
  private _centers: ClassCenters;
  private _settings: ScoreSettings;
  /** Parameters that `fit` leaves as they are. */
  private _given: { readonly [Name in Fitted]: boolean };
  /** Change of the classes after which the classifier has to be fitted again. */
  private _outdatedBy: string | undefined;

  /**
   * @param centers centers, or a loss that has them, or `NamedCenters` or `ClassStatistics`, which make them; they are
   * copied with their metric and names
   * @param options as of `classify`; `radius`, `precision` and `threshold` may be left to `fit`
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  constructor(centers: CentersSource, options: ScoreOptions = {}) {
    super();
    const { params: given, nClasses, nDim, metric = 'sqeuclidean', names } = centersOf(centers);
    checkCount(nClasses, 'nClasses');
    checkCount(nDim, 'nDim');
    const params = asRows(given, 'params', nDim);
    if (params.length !== nClasses * nDim) {
      throw new CenterLossError(
        'ERR_SHAPE',
        `params has ${params.length} values, but ${nClasses} centers of ${nDim} dimensions have ${nClasses * nDim}`,
      );
    }
    checkMetric(metric);
    checkOptions(options, SCORE_OPTIONS);
    this._settings = checkScoreSettings({ nClasses, nDim, metric }, options, 'fitted later');
    if (comparesClasses(this.score)) {
      const firstValues = Array.from({ length: nClasses }, (_, j) => params[j * nDim]);
      checkComparable(this.score, firstValues.filter(Number.isFinite).length);
    }
    this._given = givenIn(options);
    const paramsView = stable(params);
    this._centers = new ClassCenters(nClasses, nDim, { fixed: true, metric, names });
    this._centers.params.set(paramsView());
  }

  /** Copy of the centers; another object after classes were added, removed or renamed. */
  get centers(): ClassCenters {
    return this._centers;
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
    return this._centers.names;
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
   * as `CenterLoss.fitRadius`; the precision; the temperature of 'softmin' and 'entropy', by the likelihood of the
   * labels), then the threshold on their scores, by `fitThreshold`. Use held-out rows: those that were trained on look
   * more known than new ones. Known rows at no finite distance are left out.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown and ignored; or names, null = unknown
   * @throws CenterLossError `ERR_SHAPE`, also if no row is known and finite; `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`,
   * `ERR_OUT_OF_MEMORY`; nothing has changed then
   */
  fit(x: Embeddings, target: Target, options: FitOptions = {}): this {
    checkOptions(options, ['tpr', 'perClass', 'finiteSample']);
    const { perClass = false, ...thresholdOptions } = options;
    checkChoice(perClass, 'perClass', [true, false]);
    const { nClasses, nDim, names } = this._centers;
    const values = asRows(x, 'x', nDim);
    const rows = values.length / nDim;
    const given = labelsOf(target);
    checkRowsMatch(rows, 'x', nDim, given.length);
    const labels = new Int32Array(rows);
    writeLabels(given, { nClasses, names, labels: 'strict' }, labels, 0);
    if (!labels.some((label) => label >= 0))
      throw new CenterLossError('ERR_SHAPE', `none of the ${rows} rows is known`);
    // Each step may let memory grow, which would detach rows that are a view on it.
    const xView = stable(values);
    const settings = { ...this._settings, ...this._fitScore(xView(), labels, options.tpr), threshold: undefined };
    const all = classifyBy(this._centers, xView(), settings);
    // Any threshold rejects a row at no finite distance. Such a row must not move the threshold to Infinity.
    const isCounted = (_: number, i: number) => (labels[i] as number) >= 0 && (all.nearest[i] as number) >= 0;
    const scores = all.scores.filter(isCounted);
    const classes = all.nearest.filter(isCounted);
    if (scores.length === 0) throw new CenterLossError('ERR_SHAPE', `none of the ${rows} rows is known and finite`);
    const threshold = perClass
      ? fitThreshold(scores, { ...thresholdOptions, classes, nClasses })
      : fitThreshold(scores, thresholdOptions);
    this._settings = { ...settings, threshold };
    this._outdatedBy = undefined;
    warnIfTrainedOn('fit', x);
    return this;
  }

  /** Fits the parameters that the score needs and the constructor was not given. */
  private _fitScore(x: FlatRows, target: Int32Array, tpr = 0.95): Partial<ScoreSettings> {
    const { score, metric } = this._settings;
    if (score === 'normalized' && !this._given.radius) {
      return { radius: fitRadii(this._centers, x, target, { metric, quantile: tpr }) };
    }
    if (score === 'mahalanobis' && !this._given.precision) {
      return { precision: fitPrecision(this._centers, x, target) };
    }
    if ((score === 'softmin' || score === 'entropy') && !this._given.temperature) {
      return { temperature: fitTemperature(this._centers, x, target, metric) };
    }
    return {};
  }

  /**
   * Decides for each row: labels and names, with the scores and nearest classes that they come from. Without a threshold
   * only rows at no finite distance are rejected.
   * @param x rows [B, nDim]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION` if radii or a precision are missing, `ERR_NOT_INITIALIZED` if `fit`
   * is needed after a change of the classes, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  classify(x: Embeddings): Classification {
    return withNames(this._classify(x), this._centers);
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
    const { names } = this;
    const { threshold } = this._settings;
    return {
      ...{ name: nameOf(names, label), label, score, nearest: nameOf(names, nearestClass) },
      threshold: (typeof threshold === 'object' ? threshold[nearestClass] : threshold) ?? null,
    };
  }

  private _classify(x: Embeddings) {
    this._checkIsUpToDate();
    const { score } = this;
    const missing = missingParameter(score, this._settings);
    if (missing) {
      throw new CenterLossError(
        'ERR_OPTION',
        `score '${score}' needs a ${missing}: give it to the constructor, or call fit`,
      );
    }
    return classifyBy(this._centers, x, this._settings);
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
   * Adds a class, whose center is the mean of its examples: a center is the only example of its class. Classes without
   * names are called by their numbers from then on.
   *
   * Where each class has a radius or a threshold of its own and the options give none, or where the score compares
   * classes, `fit` has to be called before the next decision.
   * @param examples rows [n, nDim], at least one that is finite; others are left out
   * @throws CenterLossError `ERR_LABEL` for the name of a class; `ERR_OPTION`, also for an option that does not apply and
   * for a missing radius if the constructor was given those of the others; `ERR_SHAPE`, `ERR_DISPOSED`,
   * `ERR_OUT_OF_MEMORY`; nothing has changed then
   */
  addClass(name: string, examples: Embeddings, options: AddClassOptions = {}): void {
    const { nClasses, nDim } = this;
    const { radius, threshold } = this._settings;
    const names = this._namesOrNumbers();
    checkNewName(name, classIndex(names));
    checkOptions(options, ['radius', 'threshold']);
    const hasRadii = typeof radius === 'object';
    checkOwn('radius', options.radius, hasRadii, 'classes have radii of their own');
    const text = 'classes have thresholds of their own, and the score does not compare classes';
    checkOwn('threshold', options.threshold, typeof threshold === 'object' && !comparesClasses(this.score), text);
    if (hasRadii && this._given.radius && options.radius === undefined) {
      throw new CenterLossError('ERR_OPTION', `the radii of the classes were given: give that of ${quoted(name)}, too`);
    }
    const x = asRows(examples, 'examples', nDim);
    const rows = x.length / nDim;
    const xView = stable(x);
    const statistics = createStatistics(1, nDim, 'none');
    try {
      addRows(statistics, xView(), new Int32Array(rows), { sampleWeight: undefined, forgetting: 1 });
      const centers = this._copyOfCenters([...names, name]);
      statistics.rust.flush();
      statistics.rust.write_centers(centers.rust, nClasses);
      if (!Number.isFinite(centers.params[nClasses * nDim])) {
        centers.dispose();
        throw new CenterLossError('ERR_SHAPE', `none of the ${rows} examples is finite`);
      }
      this._replaceCenters(centers);
    } finally {
      statistics.rust.free();
    }
    rowsTrainedOn(examples);
    this._useLimits(
      hasRadii ? appended(radius, options.radius) : radius,
      typeof threshold === 'object' ? appended(threshold, options.threshold) : threshold,
      `class ${quoted(name)} was added`,
    );
  }

  /**
   * Removes a class; the classes after it move up by one. Rows of it are decided by the other classes then.
   *
   * Where the score compares classes, `fit` has to be called before the next decision.
   * @throws CenterLossError `ERR_LABEL` for a name that no class has; `ERR_OPTION` if no class would be left, or one alone
   * with a score that compares classes; `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`; nothing has changed then
   */
  removeClass(name: string): void {
    const { score } = this;
    const { radius, threshold } = this._settings;
    const names = this._namesOrNumbers();
    const removed = classOf(name, names);
    const least = comparesClasses(score) ? 2 : 1;
    if (this.nClasses <= least) {
      const needed = least === 2 ? `2 classes for score '${score}'` : 'a class';
      throw new CenterLossError(
        'ERR_OPTION',
        `a classifier needs ${needed}: add one before ${quoted(name)} is removed`,
      );
    }
    const isKept = (_: unknown, nth: number) => nth !== removed;
    this._replaceCenters(this._copyOfCenters(names.filter(isKept), removed));
    this._useLimits(
      typeof radius === 'object' ? radius.filter(isKept) : radius,
      typeof threshold === 'object' ? threshold.filter(isKept) : threshold,
      `class ${quoted(name)} was removed`,
    );
  }

  /**
   * Gives a class another name; nothing else changes.
   * @throws CenterLossError `ERR_LABEL` if no class has the first name, or one has the second; `ERR_OPTION`,
   * `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`; nothing has changed then
   */
  renameClass(from: string, to: string): void {
    const names = this._namesOrNumbers();
    const renamed = classOf(from, names);
    checkNewName(to, classIndex(names));
    this._replaceCenters(this._copyOfCenters(names.map((name, nth) => (nth === renamed ? to : name))));
  }

  private _namesOrNumbers(): readonly string[] {
    return this.names ?? Array.from({ length: this.nClasses }, (_, nth) => `${nth}`);
  }

  /**
   * Makes centers with other names, and without the class `removed`.
   * @throws CenterLossError `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  private _copyOfCenters(names: readonly string[], removed = this.nClasses): ClassCenters {
    const { nDim, metric } = this._centers;
    this._centers.rust;
    const centers = new ClassCenters(names.length, nDim, { fixed: true, metric, names });
    const { params } = this._centers;
    centers.params.set(params.subarray(0, removed * nDim));
    centers.params.set(params.subarray((removed + 1) * nDim), removed * nDim);
    return centers;
  }

  private _replaceCenters(centers: ClassCenters): void {
    this._centers.dispose();
    this._centers = centers;
  }

  /**
   * Takes radii and thresholds after a change of the classes; undefined where a class has none. Decisions are refused
   * until `fit` finds the ones that do not hold.
   */
  private _useLimits(radius: ScoreSettings['radius'], threshold: ScoreSettings['threshold'], change: string): void {
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
    const { radius } = this._settings;
    const { params, metric: centersMetric } = this._centers;
    const fitted = FITTED.filter((name) => this._settings[name] !== undefined && !this._given[name]);
    return encodeObject('OpenSetClassifier', {
      config: { score, metric, centersMetric, temperature, fitted },
      names,
      tensors: {
        centers: centersTensor(params, nClasses, nDim),
        radius: radius === undefined ? undefined : limitTensor(radius),
        precision: precision && listTensor(precision),
        threshold: threshold === undefined ? undefined : limitTensor(threshold),
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
      ['metric', 'temperature'],
    );
    const { params, nClasses, nDim } = saved.centers();
    const options = {
      ...config,
      ...(saved.has('radius') && { radius: saved.radius(nClasses) }),
      ...(saved.has('precision') && { precision: saved.floats('precision', [nDim]) }),
      ...(saved.has('threshold') && { threshold: saved.threshold(nClasses) }),
    };
    const centers = { params, nClasses, nDim, metric: centersMetric, names: saved.names(nClasses) };
    return restored('OpenSetClassifier', () => {
      checkFitted(fitted, options);
      const classifier = new OpenSetClassifier(centers, options);
      classifier._given = givenIn(options, fitted);
      return classifier;
    });
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): OpenSetClassifier {
    return OpenSetClassifier.load(bytesOfJson(value));
  }

  /** Frees the copy of the centers. */
  dispose(): void {
    this._centers.dispose();
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

/** Adds the value of a class to those of the others; undefined without one. */
function appended<V extends Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(
  values: V,
  value: number | undefined,
): V | undefined {
  if (value === undefined) return undefined;
  const all = new (values.constructor as new (length: number) => V)(values.length + 1);
  all.set(values);
  all[values.length] = value;
  return all;
}

/** @throws CenterLossError `ERR_LABEL` for a name that no class has */
function classOf(name: string, names: readonly string[]): number {
  const index = classIndex(names);
  const found = index.get(name);
  if (found === undefined) throw noClass(name, index);
  return found;
}

/** Parameters that are among the options and not `fitted`. */
function givenIn(options: ScoreOptions, fitted: readonly Fitted[] = []): { readonly [Name in Fitted]: boolean } {
  const isGiven = (name: Fitted) => options[name] !== undefined && !fitted.includes(name);
  return { radius: isGiven('radius'), precision: isGiven('precision'), temperature: isGiven('temperature') };
}

/** @throws CenterLossError `ERR_OPTION` unless `fitted` names parameters that are there, each once */
function checkFitted(fitted: unknown, options: object): void {
  const isFitted = (name: unknown) => FITTED.includes(name as Fitted) && (name as Fitted) in options;
  if (Array.isArray(fitted) && fitted.every(isFitted) && new Set(fitted).size === fitted.length) return;
  throw new CenterLossError(
    'ERR_OPTION',
    `fitted must be a list of the parameters that are there, got ${String(fitted)}`,
  );
}
