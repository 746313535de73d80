/** How far a row is from a center; names as scipy's. */
export type Metric =
  /** ‖x − c‖² */
  | 'sqeuclidean'
  /** ‖x − c‖ */
  | 'euclidean'
  /** 1 − cos(x, c), 1 where either is zero */
  | 'cosine';

export const METRICS = ['sqeuclidean', 'euclidean', 'cosine'] as const satisfies readonly Metric[];

/** The number by which the kernels know a metric. */
export const metricCode = (metric: Metric): number => METRICS.indexOf(metric);
