export * from '../api.js';
export { accuracy } from './accuracy.js';
export { type Classification, classify, type Score, type ScoreOptions } from './classify.js';
export type { Metric } from './metric.js';
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
export { type ClassThresholdOptions, conformalPValues, fitThreshold, type ThresholdOptions } from './threshold.js';
