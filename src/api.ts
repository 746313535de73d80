export type { Batch } from './batch.js';
export type { TouchedRows } from './center-gradient.js';
export {
  CenterLoss,
  type Gradients,
  type GradientsOptions,
  type StepOptions,
  type StepResult,
} from './center-loss.js';
export type { Floats } from './check.js';
export { ClassCenters, type ClassCentersOptions } from './class-centers.js';
export { CenterLossError, type ErrorCode } from './errors.js';
export type { CenterLossOptions, Init, Reduction } from './options.js';
export { isKnown, type LabelPolicy, type Target } from './targets.js';
