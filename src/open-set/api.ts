export * from '../api.js';
export { accuracy } from './accuracy.js';
export {
  CenterLoss,
  type EvaluateOptions,
  type FitRadiusOptions,
  type GradientsOptions,
  type StepOptions,
} from './center-loss.js';
export { type AddOptions, ClassStatistics, type ClassStatisticsOptions, type Covariance } from './class-statistics.js';
export { type ClassWeightsOptions, classWeights } from './class-weights.js';
export { type DistancesOptions, distances, type PredictOptions, predict } from './distances.js';
export { fitCenters } from './fit-centers.js';
export { type Embeddings, type Float16Values, fromFloat16, toFloat16 } from './half.js';
export type { Metric } from './metric.js';
export { NamedCenters } from './named-centers.js';
export type { CenterLossOptions, Init, Penalty } from './options.js';
export type { EmaStep, MeanStep, SgdStep, WenStep } from './rules.js';
