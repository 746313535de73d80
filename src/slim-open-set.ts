// The open-set entry without the modules' bytes: whoever imports it says where they are.
import { instantiate, isOpenSetLoaded, loadOpenSet } from './open-set/core.js';
import type { OpenSetKernels } from './open-set/kernels.js';
import { checked, fetched, type WasmSource } from './wasm-file.js';

export type * from './open-set/api.js';
export {
  accuracy,
  auprIn,
  auprOut,
  auroc,
  CACLoss,
  CenterLoss,
  ClassCenters,
  ClassStatistics,
  ContrastiveCenterLoss,
  classify,
  classWeights,
  conformalPValues,
  DeepSVDDLoss,
  distances,
  fitPrecision,
  fitThreshold,
  fprAtTpr,
  fromFloat16,
  IslandLoss,
  NamedCenters,
  OpenSetClassifier,
  openSetMetrics,
  oscr,
  predict,
  rocCurve,
  softmaxCrossEntropy,
  TripletCenterLoss,
  toFloat16,
} from './open-set/core.js';
export { CenterLossError, init, initSync, isKnown } from './slim.js';
export type { WasmSource } from './wasm-file.js';

/**
 * Makes the open-set part ready, from the file `center-loss/open-set.wasm` in whatever form a program has it, after
 * `init` has made the core ready. Once it is ready, further calls have no effect; after an error the next tries anew.
 * @throws CenterLossError `ERR_NOT_INITIALIZED` if the file can't be had or the core is not ready, `ERR_FORMAT` if it
 * is another, `ERR_WASM_BLOCKED` where WebAssembly may not be compiled
 */
export async function initOpenSet(source: WasmSource | PromiseLike<WasmSource>): Promise<void> {
  if (!isOpenSetLoaded()) initOpenSetSync({ module: await fetched(source) });
}

/**
 * As {@link initOpenSet}, from the compiled module or its bytes.
 * @throws CenterLossError as there
 */
export function initOpenSetSync(source: { readonly module: WebAssembly.Module | BufferSource }): void {
  if (!isOpenSetLoaded()) {
    loadOpenSet(() => instantiate(checked(source?.module, 'open-set.wasm', Object.keys(NAMES))));
  }
}

const NAMES: Record<keyof OpenSetKernels, true> = {
  weighted_labels: true,
  single_gradient: true,
  single_gradients: true,
  single_step: true,
  count_rows: true,
  sgd: true,
  own_distances: true,
  radius_quantiles: true,
  class_weights: true,
  metric_workspace_bytes: true,
  metric_distances: true,
  to_float16: true,
  from_float16: true,
  fingerprint: true,
  classify_workspace_bytes: true,
  classify: true,
  fit_precision: true,
  threshold: true,
  p_values: true,
  accuracy: true,
  area: true,
  average_precision: true,
  trapezoid_precision: true,
  fpr_at_tpr: true,
  roc_curve: true,
  separation_workspace_bytes: true,
  separation: true,
  cross_entropy: true,
  softmax_center: true,
  deep_svdd: true,
  deep_svdd_workspace_bytes: true,
  deep_svdd_center: true,
  deep_svdd_distances: true,
  deep_svdd_radius: true,
  statistics_bytes: true,
  statistics_totals: true,
  statistics_restore: true,
  statistics_add: true,
  statistics_settle: true,
  statistics_merge: true,
  statistics_centers: true,
  statistics_variances: true,
  statistics_covariance: true,
};
