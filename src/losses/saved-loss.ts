import type { CenterValues, SavedObject } from '../io/saved-object.js';
import { newFloats } from '../memory/views.js';
import type { CentersOptions } from '../validate/options.js';

/** Options that every loss with a center for each class keeps in a file, beside names and weights. */
export const SAVED_OPTIONS = ['fixed', 'reduction', 'magnitude', 'labels'] as const satisfies (keyof CentersOptions)[];

/** Centers of a loss in a file, with options for its constructor. */
export interface SavedLoss<Options> extends CenterValues {
  readonly options: Options;
}

/**
 * Reads the parts of a file that every loss with a center for each class has. The first centers are 0, and the caller
 * sets the saved ones after that: the magnitude must not scale them again.
 * @throws CenterLossError `ERR_FORMAT`, `ERR_OUT_OF_MEMORY`
 */
export function readLoss<Options extends CentersOptions>(
  saved: SavedObject,
  more: readonly (keyof Options & string)[],
): SavedLoss<Options> {
  const config = saved.config<Options>([...SAVED_OPTIONS, ...more]);
  const { params, nClasses, nDim } = saved.centers();
  const names = saved.names(nClasses);
  const options = {
    ...config,
    init: newFloats(params.length),
    names,
    ...(saved.has('classWeight') && { classWeight: saved.floats('classWeight', [nClasses]) }),
  };
  return { params, nClasses, nDim, options };
}
