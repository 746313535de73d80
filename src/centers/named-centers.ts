import { checkScoreSettings, classify, SCORE_OPTIONS, type ScoreOptions } from '../detect/classify.js';
import { bytesOfJson, Saveable } from '../io/saveable.js';
import { encodeObject, SavedObject } from '../io/saved-object.js';
import { disposedError } from '../memory/dispose.js';
import { type AddOptions, ClassStatistics } from '../statistics/class-statistics.js';
import { checkTotals } from '../statistics/totals.js';
import { checkCount, checkOptions } from '../validate/checks.js';
import { asRows, type Embeddings } from '../validate/embeddings.js';
import { checkMetric, type Metric } from '../validate/metric.js';
import { checkNewName, noClass } from '../validate/names.js';
import { ClassCenters } from './class-centers.js';

/** `Classification` with names: undefined where that has −1. */
export interface NamedClassification {
  /** Nearest class [B]; undefined for a row whose score is above the threshold or that has no finite distance. */
  readonly labels: (string | undefined)[];
  /** Score of each row [B], the larger, the more unknown it looks; Infinity if it has no finite distance. */
  readonly scores: Float32Array<ArrayBuffer>;
  /** Nearest class [B], whatever the score. */
  readonly nearest: (string | undefined)[];
}

/**
 * Classes with names, each the mean of its examples. Adding, changing or removing a class leaves all others as they
 * are. A class without examples is never predicted.
 *
 * Adding or changing a class takes the time of its examples. The next prediction updates the centers: those of the
 * changed classes if their number is the same, else all, which takes about as long as predicting a few rows.
 */
export class NamedCenters extends Saveable {
  /** Number of dimensions, D. */
  readonly nDim: number;
  /** Classes by name, in their order. */
  private _classes = new Map<string, NamedClass>();
  /** Centers of all classes, in their order; undefined after classes were added or removed. */
  private _centers: ClassCenters | undefined;
  private _disposed = false;

  /** @throws CenterLossError `ERR_OPTION` */
  constructor(nDim: number) {
    super();
    checkCount(nDim, 'nDim');
    this.nDim = nDim;
  }

  /** Names in the order in which classes were added. @throws CenterLossError `ERR_DISPOSED` */
  get names(): string[] {
    this._checkAlive();
    return [...this._classes.keys()];
  }

  /**
   * Counts the examples of a class, or sums their weights.
   * @throws CenterLossError `ERR_LABEL` for a name that no class has, `ERR_DISPOSED`
   */
  count(name: string): number {
    return this._find(name).statistics.counts[0] as number;
  }

  /**
   * Adds a class. Examples with a value that is not finite are left out, and if none is left, the class has no
   * center. A center that stands for many examples is one example of that weight.
   * @param examples rows [n, nDim]; default none
   * @throws CenterLossError `ERR_LABEL` for a name that a class has already, `ERR_SHAPE`, `ERR_OPTION`, `ERR_DISPOSED`,
   * `ERR_OUT_OF_MEMORY`; no class is added then
   */
  addClass(name: string, examples: Embeddings = [], options: AddOptions = {}): void {
    this._checkAlive();
    checkNewName(name, this._classes);
    const statistics = new ClassStatistics(1, this.nDim, { covariance: 'none' });
    try {
      addExamples(statistics, examples, options);
    } catch (error) {
      statistics.dispose();
      throw error;
    }
    this._classes.set(name, { statistics, isStale: true });
    this._forgetCenters();
  }

  /**
   * Removes a class and its rows.
   * @throws CenterLossError `ERR_LABEL` for a name that no class has, `ERR_DISPOSED`
   */
  removeClass(name: string): void {
    this._find(name).statistics.dispose();
    this._classes.delete(name);
    this._forgetCenters();
  }

  /**
   * Gives a class another name; it keeps its place.
   * @throws CenterLossError `ERR_LABEL` if no class has the first name, or one has the second; `ERR_OPTION`,
   * `ERR_DISPOSED`
   */
  renameClass(from: string, to: string): void {
    this._find(from);
    checkNewName(to, this._classes);
    this._classes = new Map([...this._classes].map(([name, one]) => [name === from ? to : name, one]));
  }

  /**
   * Adds examples to a class, whose center is then the mean of all of them.
   * @param examples rows [n, nDim]
   * @throws CenterLossError as {@link addClass}, and `ERR_LABEL` for a name that no class has; nothing is added then
   */
  update(name: string, examples: Embeddings, options: AddOptions = {}): void {
    const found = this._find(name);
    addExamples(found.statistics, examples, options);
    found.isStale = true;
  }

  /**
   * Name of the nearest class of each row, the first one added among equally near ones; undefined for a row that has no
   * finite distance to any class.
   * @param x rows [B, nDim]
   * @param options.metric default 'sqeuclidean'
   * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  predict(x: Embeddings, options: { readonly metric?: Metric } = {}): (string | undefined)[] {
    const centers = this._upToDate();
    checkOptions(options, ['metric']);
    const { metric = 'sqeuclidean' } = options;
    checkMetric(metric);
    if (!centers) return this._noneOf(x);
    // The nearest center is the same for a distance and for its square.
    return this._namesOf(metric === 'cosine' ? classify(centers, x, { metric }).nearest : centers.predict(x));
  }

  /**
   * Nearest class of each row with a score of how unknown it looks and the decision by a threshold: see the function
   * `classify`. Options with a value for each class have them in the order of `names`; the metric is 'sqeuclidean' by
   * default. Classes without examples count for no score.
   * @param x rows [B, nDim]
   * @throws CenterLossError `ERR_SHAPE`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  classify(x: Embeddings, options: ScoreOptions = {}): NamedClassification {
    const centers = this._upToDate();
    if (centers) {
      const { labels, scores, nearest } = classify(centers, x, options);
      return { labels: this._namesOf(labels), scores, nearest: this._namesOf(nearest) };
    }
    checkOptions(options, SCORE_OPTIONS);
    checkScoreSettings({ nClasses: 0, nDim: this.nDim, metric: 'sqeuclidean' }, options);
    const none = this._noneOf(x);
    return { labels: none, scores: new Float32Array(none.length).fill(Number.POSITIVE_INFINITY), nearest: [...none] };
  }

  /**
   * Copies the centers with their names, in the order of `names`; Infinity in every dimension for a class without
   * examples.
   * @throws CenterLossError `ERR_OPTION` if there is no class, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  toCenters(): ClassCenters {
    const centers = this._upToDate();
    const copy = new ClassCenters(this._classes.size, this.nDim, { names: this.names });
    if (centers) copy.params.set(centers.params);
    return copy;
  }

  /**
   * Writes names, means and weights of all classes as a safetensors file, every bit of them.
   * @throws CenterLossError `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  save(): Uint8Array<ArrayBuffer> {
    const { names, nDim } = this;
    const counts = new Float64Array(names.length);
    const means = new Float64Array(names.length * nDim);
    let nth = 0;
    for (const { statistics } of this._classes.values()) {
      counts.set(statistics.counts, nth);
      means.set(statistics.means, nth * nDim);
      nth += 1;
    }
    return encodeObject('NamedCenters', {
      config: {},
      names,
      tensors: {
        counts: { dtype: 'F64', shape: [names.length], data: counts },
        means: { dtype: 'F64', shape: [names.length, nDim], data: means },
      },
    });
  }

  /**
   * Reads what {@link save} wrote. Adding the same examples to both objects gives the same bits.
   * @throws CenterLossError `ERR_FORMAT` for any other file, `ERR_SHAPE` if `bytes` is not bytes, `ERR_OUT_OF_MEMORY`
   */
  static load(bytes: Uint8Array | ArrayBuffer): NamedCenters {
    const saved = new SavedObject(bytes, 'NamedCenters');
    saved.config([]);
    const [nClasses, nDim] = saved.shape('means', 0);
    const names = saved.names(nClasses, 'needed');
    const counts = saved.doubles('counts', [nClasses]);
    const means = saved.doubles('means', [nClasses, nDim]);
    const none = { rejected: new Float64Array(1), squares: new Float64Array(0), scatter: new Float64Array(0) };
    checkTotals({ ...none, counts, means }, { nClasses, nDim, covariance: 'none' });
    const loaded = new NamedCenters(nDim);
    try {
      names.forEach((name, j) => {
        const totals = { ...none, counts: counts.subarray(j, j + 1), means: means.subarray(j * nDim, (j + 1) * nDim) };
        const statistics = ClassStatistics.restore(1, nDim, { covariance: 'none', totals });
        loaded._classes.set(name, { statistics, isStale: true });
      });
      return loaded;
    } catch (error) {
      loaded.dispose();
      throw error;
    }
  }

  /** Reads what `toJSON` gave, after `JSON.parse`. @throws CenterLossError as {@link load} */
  static fromJSON(value: unknown): NamedCenters {
    return NamedCenters.load(bytesOfJson(value));
  }

  /** Frees the memory of all classes. */
  dispose(): void {
    this._disposed = true;
    this._forgetCenters();
    for (const { statistics } of this._classes.values()) statistics.dispose();
    this._classes.clear();
  }

  /** Centers of the classes as they are now; undefined if there is no class. */
  private _upToDate(): ClassCenters | undefined {
    this._checkAlive();
    if (this._classes.size === 0) return undefined;
    const isNew = this._centers === undefined;
    this._centers ??= new ClassCenters(this._classes.size, this.nDim);
    let nth = 0;
    for (const one of this._classes.values()) {
      if (isNew || one.isStale) one.statistics.writeCenters(this._centers, nth);
      one.isStale = false;
      nth += 1;
    }
    return this._centers;
  }

  private _forgetCenters(): void {
    this._centers?.dispose();
    this._centers = undefined;
  }

  private _namesOf(classes: Int32Array): (string | undefined)[] {
    const { names } = this;
    return Array.from(classes, (nth) => names[nth]);
  }

  /** Makes the names of rows without classes. */
  private _noneOf(x: Embeddings): undefined[] {
    return new Array(asRows(x, 'x', this.nDim).length / this.nDim).fill(undefined);
  }

  private _find(name: string): NamedClass {
    this._checkAlive();
    const found = this._classes.get(name);
    if (found) return found;
    throw noClass(name, this._classes);
  }

  private _checkAlive(): void {
    if (this._disposed) throw disposedError('NamedCenters');
  }
}

interface NamedClass {
  readonly statistics: ClassStatistics;
  /** True if the center has changed since all centers were last computed. */
  isStale: boolean;
}

/** Adds rows that all belong to one class. */
function addExamples(statistics: ClassStatistics, examples: Embeddings, options: AddOptions): void {
  const x = asRows(examples, 'examples', statistics.nDim);
  statistics.add(x, new Int32Array(x.length / statistics.nDim), options);
}
