import { prepare } from '../memory/batch.js';
import type { Inputs } from '../memory/inputs.js';
import { checkChoice, checkNumber, checkOptions, FINITE_SIZE, type Floats } from '../validate/checks.js';
import { AveragingRule, type Centers as RustCenters, Work } from '../wasm/bindings.js';

/** Option of every rule. */
interface WithSampleWeight {
  /** A weight ≥ 0 for each row [B]; a row of weight 0 counts as unknown. */
  readonly sampleWeight?: Floats;
}

/** c ← c − α·Σ(c − x)/(1 + n) over the n rows of the class: Wen et al., ECCV 2016. */
export interface WenStep extends WithSampleWeight {
  /** Name of the rule; the default. */
  readonly rule?: 'wen';
  /** α ≥ 0, the rate of the centers. Default 0.5. */
  readonly alpha?: number;
}

/** c ← c − α·Σ(c − x)/n: Wen et al., IJCV 2019; the mean itself for α = 1. */
export interface MeanStep extends WithSampleWeight {
  /** Name of the rule. */
  readonly rule: 'mean';
  /** α ≥ 0, the rate of the centers. Default 0.5. */
  readonly alpha?: number;
}

/** c ← m·c + (1 − m)·Σx/n, a moving average of the means. */
export interface EmaStep extends WithSampleWeight {
  /** Name of the rule. */
  readonly rule: 'ema';
  /** m, 0 … 1. Default 0.9. */
  readonly momentum?: number;
}

/** v ← μ·v + ∂loss/∂c, c ← c − η·v for all classes: `torch.optim.SGD`. */
export interface SgdStep extends WithSampleWeight {
  /** Name of the rule. */
  readonly rule: 'sgd';
  /** η ≥ 0. Default 0.5. */
  readonly learningRate?: number;
  /** μ ≥ 0; v is kept from step to step where it is not 0. Default 0. */
  readonly momentum?: number;
}

/** Options of `CenterLoss.step`: the rule by which centers move, and its numbers. */
export type StepOptions = WenStep | MeanStep | EmaStep | SgdStep;

/** Rule with its numbers, checked. */
export interface UpdateRule {
  readonly name: RuleName;
  /** α, or m of 'ema', or η of 'sgd'. */
  readonly rate: number;
  /** μ of 'sgd'. */
  readonly momentum: number;
}

type RuleName = 'wen' | 'mean' | 'ema' | 'sgd';

/** Averaging rules as Rust has them; undefined for 'sgd'. */
const AVERAGING_RULES = { wen: 'Wen', mean: 'Mean', ema: 'Ema', sgd: undefined } as const satisfies Record<
  RuleName,
  keyof typeof AveragingRule | undefined
>;

/** Averaging rule of Rust; undefined for 'sgd', which descends the gradient. */
export function averagingRule({ name }: UpdateRule): AveragingRule | undefined {
  const rule = AVERAGING_RULES[name];
  return rule && AveragingRule[rule];
}

const RULES = ['wen', 'mean', 'ema', 'sgd'] as const satisfies readonly RuleName[];

/** Options of each rule. */
const OPTIONS = {
  wen: ['rule', 'sampleWeight', 'alpha'],
  mean: ['rule', 'sampleWeight', 'alpha'],
  ema: ['rule', 'sampleWeight', 'momentum'],
  sgd: ['rule', 'sampleWeight', 'learningRate', 'momentum'],
} as const satisfies Record<RuleName, readonly string[]>;

/** @throws CenterLossError `ERR_OPTION` unless `value` can be a rate or a momentum of SGD. */
export function checkRate(value: number, name: string): void {
  checkNumber(value, name, FINITE_SIZE.accepts, FINITE_SIZE.text);
}

/** @throws CenterLossError `ERR_OPTION`, also for an option of another rule */
export function checkUpdateRule(options: StepOptions): UpdateRule {
  // The allowed options depend on `rule`, so that the type is checked first.
  if (typeof options !== 'object' || options === null) checkOptions(options, []);
  const { rule: name = 'wen' } = options;
  checkChoice(name, 'rule', RULES);
  checkOptions(options, OPTIONS[name]);
  const {
    alpha = 0.5,
    learningRate = 0.5,
    momentum = name === 'ema' ? 0.9 : 0,
  } = options as Partial<Record<'alpha' | 'learningRate' | 'momentum', number>>;
  checkRate(alpha, 'alpha');
  checkRate(learningRate, 'learningRate');
  if (name === 'ema') checkNumber(momentum, 'momentum', (value) => value >= 0 && value <= 1, 'a number from 0 to 1');
  else checkRate(momentum, 'momentum');
  return { name, rate: name === 'ema' ? momentum : name === 'sgd' ? learningRate : alpha, momentum };
}

/**
 * Reserves the memory of a step of gradient descent beside the gradient, and returns the step, which can then not fail.
 * @param gradients computes the loss and ∂loss/∂centers of all classes
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function descent(
  centers: RustCenters,
  inputs: Inputs,
  { rate, momentum }: Pick<UpdateRule, 'rate' | 'momentum'>,
  gradients: () => number,
): () => number {
  if (momentum > 0) prepare(centers, inputs, Work.Velocity, 'the velocity of a step');
  return () => {
    const loss = gradients();
    centers.descend(inputs.batch, rate, momentum);
    return loss;
  };
}
