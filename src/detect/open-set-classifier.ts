import { ClassCenters } from '../centers/class-centers.js';
import { bytesOfJson, Saveable } from '../io/saveable.js';
import { centersTensor, encodeObject, limitTensor, listTensor, restored, SavedObject } from '../io/saved-object.js';
import { stable } from '../memory/views.js';
import {
  checkChoice,
  checkCount,
  checkFloats,
  checkOptions,
  checkRowsMatch,
  countRows,
  type Floats,
} from '../validate/checks.js';
import { asFloats, type Embeddings } from '../validate/embeddings.js';
import { CenterLossError } from '../validate/errors.js';
import { checkTarget, type Target, writeLabels } from '../validate/labels.js';
import { checkMetric, type Metric } from '../validate/metric.js';
import {
  type Classification,
  checkScoreSettings,
  classifyBy,
  SCORE_OPTIONS,
  type Score,
  type ScoreOptions,
  type ScoreSettings,
} from './classify.js';
import { fitPrecision } from './precision.js';
import { fitRadii } from './radii.js';
import { fitTemperature } from './temperature.js';
import { fitThreshold, type ThresholdOptions } from './threshold.js';

/** Centers [nClasses, nDim], row-major: of an object of this package, or plain values. */
export interface CentersLike {
  readonly params: Floats;
  readonly nClasses: number;
  readonly nDim: number;
  /** Default 'sqeuclidean'. */
  readonly metric?: Metric | undefined;
  /** Names of the classes [nClasses], all different. Default none. */
  readonly names?: readonly string[] | undefined;
}

export interface FitOptions extends ThresholdOptions {
  /** True: each class gets a threshold of its own, from the rows that are nearest to it. Default false. */
  readonly perClass?: boolean;
}

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
 * const classifier = new OpenSetClassifier(loss, { score: 'normalized' }).fit(x, target);
 * const { labels } = classifier.classify(xNew); // a class, or −1: unknown
 * const same = OpenSetClassifier.load(classifier.save());
 * ```
 */
export class OpenSetClassifier extends Saveable {
  private readonly _centers: ClassCenters;
  private _settings: ScoreSettings;
  /** Parameters that `fit` leaves as they are. */
  private _given: { readonly [Name in Fitted]: boolean };

  /**
   * @param centers centers, or a loss that has them; they are copied with their metric and names
   * @param options as of `classify`; `radius`, `precision` and `threshold` may be left to `fit`
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  constructor(centers: CentersLike | { readonly centers: CentersLike }, options: ScoreOptions = {}) {
    super();
    const { params, nClasses, nDim, metric = 'sqeuclidean', names } = centersOf(centers);
    checkCount(nClasses, 'nClasses');
    checkCount(nDim, 'nDim');
    checkFloats(params, 'params');
    if (params.length !== nClasses * nDim) {
      throw new CenterLossError(
        'ERR_SHAPE',
        `params has ${params.length} values, but ${nClasses} centers of ${nDim} dimensions have ${nClasses * nDim}`,
      );
    }
    checkMetric(metric);
    checkOptions(options, SCORE_OPTIONS);
    this._settings = checkScoreSettings({ nClasses, nDim, metric }, options, 'fitted later');
    this._given = givenIn(options);
    const paramsView = stable(params);
    this._centers = new ClassCenters(nClasses, nDim, { fixed: true, metric, ...(names && { names }) });
    this._centers.params.set(paramsView());
  }

  /** Copy of the centers. */
  get centers(): ClassCenters {
    return this._centers;
  }

  get nClasses(): number {
    return this._centers.nClasses;
  }

  get nDim(): number {
    return this._centers.nDim;
  }

  /** Names of the classes, if they have any. */
  get names(): readonly string[] | undefined {
    return this._centers.names;
  }

  get score(): Score {
    return this._settings.score;
  }

  /** Metric of the distances; undefined for score 'mahalanobis', which has its own. */
  get metric(): Metric | undefined {
    return this.score === 'mahalanobis' ? undefined : this._settings.metric;
  }

  /** Radius of all classes [1] or of each [nClasses] for score 'normalized', a copy; undefined before there is one. */
  get radius(): Float32Array<ArrayBuffer> | undefined {
    return this._settings.radius?.slice();
  }

  /** Precision [nDim] of score 'mahalanobis', a copy; undefined before there is one. */
  get precision(): Float32Array<ArrayBuffer> | undefined {
    return this._settings.precision?.slice();
  }

  /** Temperature of scores 'softmin', 'entropy' and 'cac'; undefined, which stands for 1, before there is one. */
  get temperature(): number | undefined {
    return this._settings.temperature;
  }

  /** Threshold of all rows, or a copy of those of the classes [nClasses]; undefined before there is one. */
  get threshold(): number | Float64Array<ArrayBuffer> | undefined {
    const { threshold } = this._settings;
    return this._settings.perClass ? threshold?.slice() : threshold?.[0];
  }

  /**
   * Fits on the known rows the parameters of the score that the constructor was not given (radii at the quantile `tpr`,
   * as `CenterLoss.fitRadius`; the precision; the temperature of 'softmin' and 'entropy', by the likelihood of the
   * labels), then the threshold on their scores, by `fitThreshold`. Rows that were
   * trained on look more known than others: use rows that were not. Known rows at no finite distance are left out.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown and ignored
   * @throws CenterLossError `ERR_SHAPE`, also if no row is known and finite; `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`,
   * `ERR_OUT_OF_MEMORY`; nothing has changed then
   */
  fit(x: Embeddings, target: Target, options: FitOptions = {}): this {
    checkOptions(options, ['tpr', 'perClass', 'finiteSample']);
    const { perClass = false, ...thresholdOptions } = options;
    checkChoice(perClass, 'perClass', [true, false]);
    const { nClasses, nDim } = this._centers;
    const values = asFloats(x, 'x');
    const rows = countRows(values, 'x', nDim, 'nDim');
    checkTarget(target);
    checkRowsMatch(rows, 'x', nDim, target.length);
    const labels = new Int32Array(rows);
    writeLabels(target, nClasses, 'strict', labels, 0);
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
      : Float64Array.of(fitThreshold(scores, thresholdOptions));
    this._settings = { ...settings, threshold, perClass };
    return this;
  }

  /** Fits the parameters that the score needs and the constructor was not given. */
  private _fitScore(x: Floats, target: Int32Array, tpr = 0.95): Partial<ScoreSettings> {
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
   * Decides for each row: labels, with the scores and nearest classes that they come from. Without a threshold only
   * rows at no finite distance are rejected.
   * @param x rows [B, nDim]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION` if radii or a precision are missing, `ERR_DISPOSED`,
   * `ERR_OUT_OF_MEMORY`
   */
  classify(x: Embeddings): Classification {
    const { score, radius, precision } = this._settings;
    const missing =
      score === 'normalized' && !radius ? 'radius' : score === 'mahalanobis' && !precision ? 'precision' : '';
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
    return this.classify(x).labels;
  }

  /** Scores alone, the larger the more unknown. Throws as {@link OpenSetClassifier.classify}. */
  scores(x: Embeddings): Float32Array<ArrayBuffer> {
    return this.classify(x).scores;
  }

  /**
   * Writes the classifier as a safetensors file.
   * @throws CenterLossError `ERR_OPTION` for centers that are not finite, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  save(): Uint8Array<ArrayBuffer> {
    const { nClasses, nDim, names, score, metric, radius, precision, temperature, threshold } = this;
    const { params, metric: centersMetric } = this._centers;
    const fitted = FITTED.filter((name) => this._settings[name] && !this._given[name]);
    return encodeObject('OpenSetClassifier', {
      config: { score, metric, centersMetric, temperature, fitted },
      names,
      tensors: {
        centers: centersTensor(params, nClasses, nDim),
        radius: radius && limitTensor(radius.length === nClasses ? radius : (radius[0] as number)),
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

function centersOf(given: CentersLike | { readonly centers: CentersLike }): CentersLike {
  const centers = given && 'centers' in Object(given) ? (given as { centers: CentersLike }).centers : given;
  if (typeof centers === 'object' && centers !== null) return centers as CentersLike;
  throw new CenterLossError(
    'ERR_OPTION',
    `centers must be ClassCenters, a loss or { params, nClasses, nDim }, got ${String(centers)}`,
  );
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
