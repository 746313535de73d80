export * from '../api.js';
export { accuracy } from './accuracy.js';
export { CACLoss, type CACLossOptions } from './cac-loss.js';
export {
  CenterLoss,
  type EvaluateOptions,
  type FitRadiusOptions,
  type GradientsOptions,
  type StepOptions,
} from './center-loss.js';
export { ClassCenters, type FitCentersOptions } from './class-centers.js';
export { type AddOptions, ClassStatistics, type ClassStatisticsOptions, type Covariance } from './class-statistics.js';
export { type ClassWeightsOptions, classWeights } from './class-weights.js';
export type { ClassifierJson } from './classifier-format.js';
export { type Classification, classify, type Score, type ScoreOptions } from './classify.js';
export { ContrastiveCenterLoss, type ContrastiveCenterLossOptions } from './contrastive-center-loss.js';
export { type DeepSVDDGradients, DeepSVDDLoss, type DeepSVDDLossOptions } from './deep-svdd-loss.js';
export { type DistancesOptions, distances, type PredictOptions, predict } from './distances.js';
export { type Embeddings, type Float16Values, fromFloat16, toFloat16 } from './half.js';
export { IslandLoss, type IslandLossOptions } from './island-loss.js';
export type { Metric } from './metric.js';
export { NamedCenters, type NamedClassification } from './named-centers.js';
export { type Centers, type FitOptions, OpenSetClassifier } from './open-set-classifier.js';
export type { CenterLossOptions, Init, Penalty } from './options.js';
export { fitPrecision } from './precision.js';
export {
  type AuprOptions,
  auprIn,
  auprOut,
  auroc,
  type FprOptions,
  fprAtTpr,
  type OpenSetMetrics,
  openSetMetrics,
  oscr,
  type RocCurve,
  rocCurve,
  type Side,
} from './ranking.js';
export type { EmaStep, MeanStep, SgdStep, WenStep } from './rules.js';
export type { DescentOptions, SeparationLoss, SeparationOptions } from './separation-loss.js';
export type { SoftmaxCenterOptions, SoftmaxCenterResult } from './softmax-center.js';
export { type SoftmaxOptions, type SoftmaxResult, softmaxCrossEntropy } from './softmax-cross-entropy.js';
export { type ClassThresholdOptions, conformalPValues, fitThreshold, type ThresholdOptions } from './threshold.js';
export { TripletCenterLoss, type TripletCenterLossOptions } from './triplet-center-loss.js';
