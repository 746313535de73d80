import type { ClassCenters } from './class-centers.js';
import { kernels } from './load.js';
import type { Settings } from './options.js';

let warned = false;

/** Writes the initial centers; `given` are those of the option `init`, if they are an array. */
export function initCenters(centers: ClassCenters, settings: Settings, given: Float32Array | undefined): void {
  const { nClasses, nFeatures, address } = centers;
  const { init, seed } = settings;
  let { magnitude } = settings;
  if (given) {
    centers.params.set(given);
  } else if (init === 'orthogonal') {
    kernels().init_orthogonal(address, nClasses, nFeatures, seed);
  } else if (init === 'normal' || (init === 'pytorch-ood' && nClasses !== nFeatures)) {
    kernels().init_normal(address, nClasses, nFeatures, seed);
  } else {
    kernels().init_unit_vectors(address, nClasses, nFeatures);
  }
  if (init === 'pytorch-ood' && !(nClasses === nFeatures && settings.fixed)) {
    warnOfIgnoredMagnitude(magnitude);
    magnitude = 1;
  }
  if (magnitude !== 1) kernels().scale(address, nClasses, nFeatures, magnitude);
}

function warnOfIgnoredMagnitude(magnitude: number): void {
  if (magnitude === 1 || warned) return;
  warned = true;
  console.warn(
    `center-loss: magnitude = ${magnitude} is ignored, as in pytorch-ood: init 'pytorch-ood' applies it only to fixed centers with nClasses = nDim. Any other init applies it.`,
  );
}
