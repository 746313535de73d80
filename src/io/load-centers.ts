import { checkOptions, show } from '../validate/checks.js';
import { CenterLossError } from '../validate/errors.js';
import { formatError, quoted } from './errors.js';
import { fromSafetensors } from './safetensors.js';
import { type CenterValues, checkVersion, FORMAT, firstBadCenter, notFinite } from './saved-object.js';

/** Options of {@link loadCenters}. */
export interface LoadCentersOptions {
  /** Name of the tensor that holds the centers. Default: the only tensor with a usual name of centers. */
  readonly tensor?: string;
}

/** Names of centers in pytorch-ood, alone or in a network, and in KaiyangZhou/pytorch-center-loss. */
const NAMES_OF_CENTERS = /^_params$|(^|\.)(_?centers?\._params|centers)$/;

/**
 * Reads centers from a PyTorch `state_dict` in a safetensors file, alone or in that of a network, where one tensor is
 * called `_centers._params` or `_center._params` (pytorch-ood's losses), `_params` (its `ClassCenters`), `centers._params`
 * or `centers` (KaiyangZhou/pytorch-center-loss). F16, BF16 and F64 become float32. The centers of an object that was
 * saved by this package are read as well; `load` gives the object itself.
 *
 * ```js
 * const { params, nClasses, nDim } = loadCenters(file);
 * const loss = new CenterLoss(nClasses, nDim, { init: params });
 * ```
 *
 * This function needs no WebAssembly.
 * @throws CenterLossError `ERR_FORMAT` for a file that is not whole and right, of a later version, without centers or
 * with several, and for centers that are not finite; `ERR_SHAPE` if `file` is not bytes; `ERR_OPTION`
 */
export function loadCenters(file: Uint8Array | ArrayBuffer, options: LoadCentersOptions = {}): CenterValues {
  checkOptions(options, ['tensor']);
  const { tensor: wanted } = options;
  if (wanted !== undefined && typeof wanted !== 'string') {
    throw new CenterLossError('ERR_OPTION', `tensor must be a string, got ${show(wanted)}`);
  }
  const { tensors, metadata, floats } = fromSafetensors(file);
  const isOurs = metadata.format === FORMAT;
  if (isOurs) checkVersion(metadata.version);
  const name = wanted ?? nameOfCenters(Object.keys(tensors));
  const params = floats(name);
  const { shape = [] } = tensors[name] ?? {};
  const [nClasses = 0, nDim = 0, ...more] = shape;
  if (nClasses === 0 || nDim === 0 || more.length > 0) {
    throw formatError(`tensor ${quoted(name)} has the shape [${shape.join(', ')}]; expected [classes, dimensions]`);
  }
  // In our files Infinity marks a class without rows; elsewhere it is an overflow.
  const bad = isOurs ? firstBadCenter(params, nDim) : params.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return { params, nClasses, nDim };
  throw notFinite(name, [Math.floor(bad / nDim), bad % nDim], params[bad]);
}

function nameOfCenters(names: readonly string[]): string {
  const found = names.filter((name) => NAMES_OF_CENTERS.test(name));
  const [name, ...others] = found;
  if (name === undefined) {
    throw formatError(
      `no tensor of the file has a usual name of centers; its tensors are ${quoted(names.join(', '))}: name one by { tensor }`,
    );
  }
  if (others.length === 0) return name;
  throw formatError(`several tensors may be the centers, ${quoted(found.join(', '))}: name one by { tensor }`);
}
