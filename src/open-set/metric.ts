import { checkChoice } from '../core.js';

/** How far a row x is from a center c. */
export type Metric =
  /** ‖x − c‖². */
  | 'sqeuclidean'
  /** ‖x − c‖. */
  | 'euclidean'
  /** 1 − cos(x, c) = ½‖x/‖x‖ − c/‖c‖‖²; 1 if either is a zero vector. */
  | 'cosine';

const METRICS = ['sqeuclidean', 'euclidean', 'cosine'] as const satisfies readonly Metric[];

/**
 * The number by which the kernels know a metric.
 * @throws CenterLossError `ERR_OPTION`
 */
export function metricCode(metric: Metric): number {
  checkChoice(metric, 'metric', METRICS);
  return METRICS.indexOf(metric);
}
