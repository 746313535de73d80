import { Metric as RustMetric } from '../wasm/bindings.js';
import { checkChoice } from './checks.js';

/** Distance of a row x to a center c. */
export type Metric =
  /** ‖x − c‖². */
  | 'sqeuclidean'
  /** ‖x − c‖. */
  | 'euclidean'
  /** 1 − cos(x, c) = ½‖x/‖x‖ − c/‖c‖‖²; 1 if either is a zero vector. */
  | 'cosine';

const METRICS = {
  sqeuclidean: 'SqEuclidean',
  euclidean: 'Euclidean',
  cosine: 'Cosine',
} as const satisfies Record<Metric, keyof typeof RustMetric>;

/** @throws CenterLossError `ERR_OPTION` unless `metric` is one. */
export function checkMetric(metric: Metric): void {
  checkChoice(metric, 'metric', Object.keys(METRICS) as Metric[]);
}

export const rustMetric = (metric: Metric): RustMetric => RustMetric[METRICS[metric]];
