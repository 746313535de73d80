import {
  Block,
  BYTES,
  ClassCenters,
  checkNumber,
  checkOptions,
  checkSettings,
  copyFloats,
  dispose,
  disposedError,
  type Floats,
  type Gradients,
  hold,
  initCenters,
  type LabelPolicy,
  newFloats,
  type Reduction,
  readFloats,
  reductionCode,
  type StepResult,
  type Target,
} from '../core.js';
import type { EvaluateOptions } from './center-loss.js';
import { type Copied, copyIn } from './copy-in.js';
import { asFloats, type Embeddings } from './half.js';
import { openSet } from './load.js';
import type { Init } from './options.js';
import { checkedWeights } from './weights.js';

/** What all losses that separate classes can be told. */
export interface SeparationOptions {
  /** Where the centers start. */
  readonly init?: Init;
  /** Factor of the initial centers. */
  readonly magnitude?: number;
  /** A whole number ≥ 0: the same seed gives the same centers on every machine. Default 0. */
  readonly seed?: number;
  /** The centers are anchors: no gradient for them, and `step` moves nothing. */
  readonly fixed?: boolean;
  /** 'strict' (default): a label ≥ nClasses or not an integer is an error. 'lenient': it has no class, but counts in B. */
  readonly labels?: LabelPolicy;
  /** How the sum over the rows becomes the loss: Σ/B ('batch', default), Σ/(B·C) ('mean'), Σ/2B ('wen') or Σ ('sum'). */
  readonly reduction?: Reduction;
  /** How much the rows of each class count, finite and ≥ 0 [nClasses]. Default 1 each. */
  readonly classWeight?: Floats;
}

export interface DescentOptions extends EvaluateOptions {
  /** η ≥ 0, the learning rate of the centers. Default 0.5. */
  readonly learningRate?: number;
  /** μ ≥ 0: v ← μ·v + ∂loss/∂c, c ← c − η·v; v is kept from step to step where it is not 0. Default 0. */
  readonly momentum?: number;
}

/** A loss, as the kernels know it, with the one number that it has of its own. */
export interface Kind {
  readonly className: string;
  /** Its number in `crate/src/boundary/open_set/separation.rs`. */
  readonly code: number;
  readonly parameter: string;
  readonly fallback: number;
  readonly accepts: (value: number) => boolean;
  readonly range: string;
  readonly defaults: { readonly init: Init; readonly magnitude: number; readonly fixed: boolean };
}

/** Centers that start as torch.randn's, and learn. */
export const LEARNABLE: Kind['defaults'] = { init: 'normal', magnitude: 1, fixed: false };

/** Far enough inside float64 for squares, and inside float32 for products with gradients. */
export const LARGEST = 1e30;

const OPTIONS = ['init', 'magnitude', 'seed', 'fixed', 'labels', 'reduction', 'classWeight'] as const;

/**
 * What the losses that separate classes have in common: with Σ over the known rows (y_i ≥ 0),
 *
 *   loss = s · Σ_i w_i·ℓ(d_i1, …, d_iC; y_i), d_ij the distance of row i to center j,
 *
 * w_i = classWeight[y_i]·sampleWeight[i], and s by `reduction`, in which Σ w_i stands for B (torch's weighted mean). Without
 * known rows, or where Σ w_i is 0, the loss and its gradients are 0. A known row with a NaN makes the loss NaN; it has
 * gradient 0 and adds nothing to that of the centers. Every ℓ depends on all centers: where one of them is not finite,
 * so may the loss be of all rows.
 */
export abstract class SeparationLoss {
  readonly nClasses: number;
  readonly nDim: number;
  readonly magnitude: number;
  readonly fixed: boolean;
  readonly reduction: Reduction;
  readonly centers: ClassCenters;
  readonly #kind: Kind;
  readonly #parameter: number;
  readonly #labels: LabelPolicy;
  readonly #classWeight: Block<Float32Array<ArrayBuffer>> | undefined;
  #velocity: Block<Float32Array<ArrayBuffer>> | undefined;
  #disposed = false;

  /** @internal */
  protected constructor(kind: Kind, nClasses: number, nDim: number, options: SeparationOptions) {
    checkOptions(options, [kind.parameter, ...OPTIONS]);
    const { magnitude, fixed } = kind.defaults;
    const { init = kind.defaults.init } = options;
    const settings = checkSettings(nClasses, nDim, {
      init: typeof init === 'string' ? init : (asFloats(init, 'init') as Float32Array),
      magnitude: options.magnitude ?? magnitude,
      fixed: options.fixed ?? fixed,
      reduction: options.reduction ?? 'batch',
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(options.labels === undefined ? {} : { labels: options.labels }),
    });
    const classWeight = options.classWeight && checkedWeights(options.classWeight, 'classWeight', nClasses, 'classes');
    const parameter = (options as Record<string, number | undefined>)[kind.parameter] ?? kind.fallback;
    checkNumber(parameter, kind.parameter, kind.accepts, kind.range);
    this.#kind = kind;
    this.#parameter = parameter;
    this.nClasses = nClasses;
    this.nDim = nDim;
    this.magnitude = settings.magnitude;
    this.fixed = settings.fixed;
    this.reduction = settings.reduction;
    this.#labels = settings.labels;
    // It may be a view on the memory that may grow now.
    const given = settings.init instanceof Float32Array ? hold(settings.init) : undefined;
    this.centers = new ClassCenters(nClasses, nDim, { fixed: settings.fixed });
    try {
      this.#classWeight = classWeight && Block.floats(nClasses, `weights of ${nClasses} classes`);
    } catch (error) {
      this.centers.dispose();
      throw error;
    }
    initCenters(this.centers, settings, given?.());
    if (classWeight) this.#classWeight?.view.set(classWeight);
  }

  /**
   * The loss.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown
   * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
   */
  evaluate(x: Embeddings, target: Target, options: EvaluateOptions = {}): number {
    checkOptions(options, ['sampleWeight']);
    return this.#run(this.#copyIn('evaluate', x, target, options, false, false), 0, 0);
  }

  /**
   * The loss with its gradients, ∂loss/∂x [B, nDim] and ∂loss/∂centers [nClasses, nDim], null if the centers are fixed.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown
   * @throws CenterLossError as {@link evaluate}
   */
  gradients(x: Embeddings, target: Target, options: EvaluateOptions = {}): Gradients<Float32Array> {
    checkOptions(options, ['sampleWeight']);
    const at = this.#copyIn('gradients', x, target, options, true, !this.fixed);
    const [, gradX, gradCenters] = at.room;
    const loss = this.#run(at, gradX, this.fixed ? 0 : gradCenters);
    return {
      loss,
      gradX: copyFloats(gradX, at.rows * this.nDim),
      gradCenters: this.fixed ? null : copyFloats(gradCenters, this.nClasses * this.nDim),
    };
  }

  /**
   * One step of training: the loss and ∂loss/∂x at the centers as they are, then the centers move as by
   * `torch.optim.SGD`. Their velocity is kept from step to step, once there was one with momentum. Fixed centers stay.
   * @param x rows [B, nDim]
   * @param target labels [B], below 0 = unknown
   * @throws CenterLossError as {@link evaluate}
   */
  step(x: Embeddings, target: Target, options: DescentOptions = {}): StepResult {
    checkOptions(options, ['sampleWeight', 'learningRate', 'momentum']);
    const { learningRate = 0.5, momentum = 0 } = options;
    const isRate = (value: number) => value >= 0 && Number.isFinite(Math.fround(value));
    checkNumber(learningRate, 'learningRate', isRate, 'a finite number ≥ 0');
    checkNumber(momentum, 'momentum', isRate, 'a finite number ≥ 0');
    this.#checkAlive();
    const length = this.nClasses * this.nDim;
    // First: what it takes may make the memory grow, which detaches views on it.
    const [xNow, targetNow] = [hold(x), hold(target as Int32Array)];
    const weightNow = options.sampleWeight && hold(options.sampleWeight);
    if (momentum > 0 && !this.fixed)
      this.#velocity ??= Block.floats(length, `the velocity of ${this.nClasses} centers`);
    const weights = weightNow ? { sampleWeight: weightNow() } : {};
    const at = this.#copyIn('step', xNow(), targetNow(), weights, true, !this.fixed);
    const [, gradX, gradCenters] = at.room;
    // The array that is returned first: from here on nothing may fail.
    const result = newFloats(at.rows * this.nDim);
    const loss = this.#run(at, gradX, this.fixed ? 0 : gradCenters);
    if (!this.fixed) {
      const velocity = momentum > 0 ? (this.#velocity?.address ?? 0) : 0;
      openSet().sgd(this.centers.address, gradCenters, velocity, length, learningRate, momentum);
    }
    readFloats(gradX, result);
    return { loss, gradX: result };
  }

  /** Frees the memory of the loss and of its centers. */
  dispose(): void {
    this.#disposed = true;
    this.centers.dispose();
    this.#classWeight?.free();
    this.#velocity?.free();
  }

  [dispose](): void {
    this.dispose();
  }

  #copyIn(
    call: string,
    x: Embeddings,
    target: Target,
    { sampleWeight }: EvaluateOptions,
    gradX: boolean,
    gradCenters: boolean,
  ): Copied<[number, number, number]> {
    this.#checkAlive();
    const { nClasses, nDim } = this;
    const expected = { call, name: 'x', width: nDim, widthName: 'nDim', nClasses, labels: this.#labels };
    // `null` is no label array: it must not pass for none.
    return copyIn(x, target ?? (null as never), sampleWeight, expected, (rows) => [
      openSet().separation_workspace_bytes(rows, nClasses, nDim) >>> 0,
      gradX ? BYTES * rows * nDim : 0,
      gradCenters ? BYTES * nClasses * nDim : 0,
    ]);
  }

  #run(at: Copied<[number, number, number]>, gradX: number, gradCenters: number): number {
    return openSet().separation(
      this.#kind.code,
      this.#parameter,
      at.x,
      at.target,
      at.rows,
      this.centers.address,
      this.nClasses,
      this.nDim,
      reductionCode(this.reduction),
      this.#classWeight?.address ?? 0,
      at.sampleWeight,
      gradX,
      gradCenters,
      at.room[0],
    );
  }

  #checkAlive(): void {
    if (this.#disposed) throw disposedError(this.#kind.className);
  }
}
