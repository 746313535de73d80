import {
  CenterLossError,
  ClassCenters,
  checkChoice,
  checkCount,
  checkFloats,
  checkOptions,
  checkRowsMatch,
  checkTarget,
  countRows,
  type Floats,
  HoldsMemory,
  hold,
  type Target,
  writeLabels,
} from '../core.js';
import {
  type ClassifierJson,
  decodeClassifier,
  encodeClassifier,
  formatError,
  type Given,
} from './classifier-format.js';
import {
  type Classification,
  checkScoreSettings,
  classifyBy,
  SCORE_OPTIONS,
  type Score,
  type ScoreOptions,
  type ScoreSettings,
} from './classify.js';
import { asFloats, type Embeddings } from './half.js';
import type { Metric } from './metric.js';
import { fitPrecision } from './precision.js';
import { fitRadii } from './radii.js';
import { fitThreshold, type ThresholdOptions } from './threshold.js';

/** Centers [nClasses, nFeatures], row-major, from wherever they come. */
export interface Centers {
  readonly params: Floats;
  readonly nClasses: number;
  readonly nFeatures: number;
}

export interface FitOptions extends ThresholdOptions {
  /** Whether each class gets a threshold of its own, from the rows that are nearest to it. Default false. */
  readonly perClass?: boolean;
}

/**
 * All that a decision between a class and "unknown" needs, bound together: centers, a score, and a threshold on it. It has a
 * copy of the centers and can be saved and loaded.
 *
 * ```js
 * const classifier = new OpenSetClassifier(loss.centers, { score: 'normalized' }).fit(x, target);
 * const { labels } = classifier.classify(xNew); // a class, or −1: unknown
 * const text = JSON.stringify(classifier);
 * const same = OpenSetClassifier.fromJSON(JSON.parse(text));
 * ```
 */
export class OpenSetClassifier extends HoldsMemory {
  readonly #centers: ClassCenters;
  #settings: ScoreSettings;
  /** What the constructor was given stays as it is. */
  #given: Given;

  /**
   * @param centers are copied
   * @param options as of `classify`; `radius`, `precision` and `threshold` may be left to `fit`
   * @throws CenterLossError `ERR_OPTION`, `ERR_SHAPE`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  constructor(centers: ClassCenters | Centers, options: ScoreOptions = {}) {
    super();
    if (typeof centers !== 'object' || centers === null) {
      throw new CenterLossError('ERR_OPTION', `centers must be ClassCenters or their params, got ${String(centers)}`);
    }
    const { nClasses, nFeatures, params } = centers;
    checkCount(nClasses, 'nClasses');
    checkCount(nFeatures, 'nFeatures');
    checkFloats(params, 'params');
    if (params.length !== nClasses * nFeatures) {
      throw new CenterLossError(
        'ERR_SHAPE',
        `params has ${params.length} values, but ${nClasses} centers of ${nFeatures} dimensions have ${nClasses * nFeatures}`,
      );
    }
    checkOptions(options, SCORE_OPTIONS);
    this.#settings = checkScoreSettings(centers, options, 'fitted later');
    this.#given = { radius: options.radius !== undefined, precision: options.precision !== undefined };
    const paramsNow = hold(params);
    this.#centers = new ClassCenters(nClasses, nFeatures, { fixed: true });
    this.#centers.params.set(paramsNow());
  }

  /** The copy of the centers. */
  get centers(): ClassCenters {
    return this.#centers;
  }

  get nClasses(): number {
    return this.#centers.nClasses;
  }

  get nFeatures(): number {
    return this.#centers.nFeatures;
  }

  get score(): Score {
    return this.#settings.score;
  }

  /** The metric of the distances; undefined for score 'mahalanobis', which is one of its own. */
  get metric(): Metric | undefined {
    return this.score === 'mahalanobis' ? undefined : this.#settings.metric;
  }

  /** A copy of the radii of score 'normalized': one of all classes, or one for each; undefined before there are any. */
  get radius(): Float32Array<ArrayBuffer> | undefined {
    return this.#settings.radius?.slice();
  }

  /** A copy of the precision of score 'mahalanobis'; undefined before there is one. */
  get precision(): Float32Array<ArrayBuffer> | undefined {
    return this.#settings.precision?.slice();
  }

  /** The threshold of all rows, or a copy of those of the classes; undefined before there is one. */
  get threshold(): number | Float64Array<ArrayBuffer> | undefined {
    const { threshold } = this.#settings;
    return this.#settings.perClass ? threshold?.slice() : threshold?.[0];
  }

  /**
   * Fits on the known rows what the score needs and the constructor was not given (radii at the quantile `tpr`, as
   * `CenterLoss.fitRadius`; the precision), then the threshold on their scores, by `fitThreshold`. Rows that were trained on look
   * more known than others: use rows that were not. Known rows at no finite distance have no say.
   * @param x rows [B, nFeatures]
   * @param target labels, below 0 = unknown and ignored
   * @throws CenterLossError `ERR_SHAPE`, also if no row is known and finite, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`,
   * `ERR_OUT_OF_MEMORY`; it is then as it was
   */
  fit(x: Embeddings, target: Target, options: FitOptions = {}): this {
    checkOptions(options, ['tpr', 'perClass', 'finiteSample']);
    const { perClass = false, ...how } = options;
    checkChoice(perClass, 'perClass', [true, false]);
    const { nClasses, nFeatures } = this.#centers;
    const rowsOf = asFloats(x, 'x');
    const rows = countRows(rowsOf, 'x', nFeatures, 'nFeatures');
    checkTarget(target);
    checkRowsMatch(rows, 'x', nFeatures, target.length);
    const labels = new Int32Array(rows);
    writeLabels(target, nClasses, 'strict', labels, 0);
    const isKnownRow = labels.map((label) => Number(label >= 0));
    if (!isKnownRow.includes(1)) throw new CenterLossError('ERR_SHAPE', `none of the ${rows} rows is known`);
    // A view on the memory of the engine is found again after each step that may let it grow.
    const xNow = hold(rowsOf);
    const settings = { ...this.#settings, ...this.#fitted(xNow(), labels, how.tpr), threshold: undefined };
    const all = classifyBy(this.#centers, xNow(), settings);
    // A row at no finite distance is rejected at any threshold: it must not move one, for all or for a class, to Infinity.
    const counts = (_: number, i: number) => isKnownRow[i] && (all.nearest[i] as number) >= 0;
    const scores = all.scores.filter(counts);
    const classes = all.nearest.filter(counts);
    if (scores.length === 0) throw new CenterLossError('ERR_SHAPE', `none of the ${rows} rows is known and finite`);
    const threshold = perClass
      ? fitThreshold(scores, { ...how, classes, nClasses })
      : Float64Array.of(fitThreshold(scores, how));
    this.#settings = { ...settings, threshold, perClass };
    return this;
  }

  /** What the score needs beside the centers. */
  #fitted(x: Floats, target: Int32Array, tpr: number | undefined): Partial<ScoreSettings> {
    const { score, metric } = this.#settings;
    if (score === 'normalized' && !this.#given.radius) {
      return { radius: fitRadii(this.#centers, x, target, { metric, quantile: tpr ?? 0.95 }) };
    }
    if (score === 'mahalanobis' && !this.#given.precision) {
      return { precision: fitPrecision(this.#centers, x, target) };
    }
    return {};
  }

  /**
   * The decision: labels with the scores and nearest classes that they come from. Without a threshold no row is rejected.
   * @param x rows [B, nFeatures]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION` if radii or a precision are missing, `ERR_DISPOSED`,
   * `ERR_OUT_OF_MEMORY`
   */
  classify(x: Embeddings): Classification {
    const { score, radius, precision } = this.#settings;
    const missing =
      score === 'normalized' && !radius ? 'radius' : score === 'mahalanobis' && !precision ? 'precision' : '';
    if (missing) {
      throw new CenterLossError(
        'ERR_OPTION',
        `score '${score}' needs a ${missing}: give it to the constructor, or call fit`,
      );
    }
    return classifyBy(this.#centers, x, this.#settings);
  }

  /** The labels alone: a class, or −1 for an unknown row. Throws as {@link OpenSetClassifier.classify}. */
  predict(x: Embeddings): Int32Array<ArrayBuffer> {
    return this.classify(x).labels;
  }

  /** The scores alone, the larger the more unknown. Throws as {@link OpenSetClassifier.classify}. */
  scores(x: Embeddings): Float32Array<ArrayBuffer> {
    return this.classify(x).scores;
  }

  /**
   * All of it as plain data for `JSON.stringify`, every float to its last bit.
   * @throws CenterLossError `ERR_DISPOSED`
   */
  toJSON(): ClassifierJson {
    return encodeClassifier(this.#centers, this.#settings, this.#given);
  }

  /**
   * What {@link OpenSetClassifier.toJSON} gave, after `JSON.parse`.
   * @throws CenterLossError `ERR_FORMAT` for anything else; `ERR_OUT_OF_MEMORY`
   */
  static fromJSON(value: unknown): OpenSetClassifier {
    const { centers, options, given } = decodeClassifier(value);
    try {
      const classifier = new OpenSetClassifier(centers, options);
      classifier.#given = given;
      return classifier;
    } catch (cause) {
      const { code, message } = cause as CenterLossError;
      if (code !== 'ERR_OPTION' && code !== 'ERR_SHAPE') throw cause;
      throw formatError(message, { cause });
    }
  }

  /** Frees the copy of the centers. */
  dispose(): void {
    this.#centers.dispose();
  }
}
