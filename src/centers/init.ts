import { allocated } from '../memory/views.js';
import type { CentersSettings } from '../validate/options.js';
import { Init } from '../wasm/bindings.js';
import type { ClassCenters } from './class-centers.js';

let warned = false;

/**
 * Writes the first values of the centers; `given` are those of the option `init`, if it is an array.
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function initCenters(centers: ClassCenters, settings: CentersSettings, given: Float32Array | undefined): void {
  const { nClasses, nDim } = centers;
  const { init, seed, fixed } = settings;
  let { magnitude } = settings;
  let kind = Init.UnitVectors;
  if (given) {
    centers.params.set(given);
    kind = Init.Given;
  } else if (init === 'orthogonal') kind = Init.Orthogonal;
  else if (init === 'normal' || (init === 'pytorch-ood' && nClasses !== nDim)) kind = Init.Normal;
  if (init === 'pytorch-ood' && !(nClasses === nDim && fixed)) {
    warnOfIgnoredMagnitude(magnitude);
    magnitude = 1;
  }
  const { rust } = centers;
  allocated(() => rust.init(kind, seed, magnitude), nClasses * nDim, () => `an orthogonal matrix ${nClasses} × ${nDim}`);
}

function warnOfIgnoredMagnitude(magnitude: number): void {
  if (magnitude === 1 || warned) return;
  warned = true;
  console.warn(
    `center-loss: magnitude = ${magnitude} is ignored, as in pytorch-ood: init 'pytorch-ood' applies it only to fixed centers with nClasses = nDim. Any other init applies it.`,
  );
}
