import { allocated, floatView } from '../memory/views.js';
import { rustMetric } from '../validate/metric.js';
import { type CenterLossSettings, type CentersSettings, rustPenalty, rustReduction } from '../validate/options.js';
import { CentersArray, Init } from '../wasm/bindings.js';
import { ClassCenters } from './class-centers.js';

/** How distances become the loss that keeps the centers. */
export type LossOfCenters = Pick<CenterLossSettings, 'metric' | 'penalty' | 'radius' | 'radii'>;

/**
 * Makes the centers of a loss, with all that it keeps for each class.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`, `ERR_WASM_BLOCKED`
 */
export function createLossCenters(
  nClasses: number,
  nDim: number,
  settings: CentersSettings,
  { metric, penalty, radius, radii }: LossOfCenters,
): ClassCenters {
  const { fixed, names, reduction, classWeight } = settings;
  const centers = new ClassCenters(nClasses, nDim, { fixed, metric, names });
  const { rust } = centers;
  try {
    allocated(
      () => rust.reserve_loss(classWeight !== undefined),
      nClasses,
      () => `${nClasses} classes`,
    );
    rust.configure(rustMetric(metric), rustPenalty(penalty), rustReduction(reduction), radius);
    if (fixed) rust.fix();
    if (radii) perClass(centers, CentersArray.Radii).set(radii);
    if (classWeight) perClass(centers, CentersArray.ClassWeight).set(classWeight);
    initCenters(centers, settings);
    return centers;
  } catch (error) {
    centers.dispose();
    throw error;
  }
}

/** View on one value for each class of a loss. @throws CenterLossError `ERR_DISPOSED` */
export function perClass(
  { rust, nClasses }: ClassCenters,
  array: CentersArray.Radii | CentersArray.ClassWeight,
): Float32Array<ArrayBuffer> {
  return floatView(rust, rust.address(array), nClasses);
}

let warned = false;

/** Writes the first values of the centers. @throws CenterLossError `ERR_OUT_OF_MEMORY` */
export function initCenters(centers: ClassCenters, settings: CentersSettings): void {
  const { nClasses, nDim } = centers;
  const { init, seed, fixed } = settings;
  let { magnitude } = settings;
  let kind = Init.UnitVectors;
  if (typeof init !== 'string') {
    centers.params.set(init);
    kind = Init.Given;
  } else if (init === 'orthogonal') kind = Init.Orthogonal;
  else if (init === 'normal' || (init === 'pytorch-ood' && nClasses !== nDim)) kind = Init.Normal;
  if (init === 'pytorch-ood' && !(nClasses === nDim && fixed)) {
    warnOfIgnoredMagnitude(magnitude);
    magnitude = 1;
  }
  const { rust } = centers;
  allocated(
    () => rust.init(kind, seed, magnitude),
    nClasses * nDim,
    () => `an orthogonal matrix ${nClasses} × ${nDim}`,
  );
}

function warnOfIgnoredMagnitude(magnitude: number): void {
  if (magnitude === 1 || warned) return;
  warned = true;
  console.warn(
    `center-loss: magnitude = ${magnitude} is ignored, as in pytorch-ood: init 'pytorch-ood' applies it only to fixed centers with nClasses = nDim. Any other init applies it.`,
  );
}
