import { CenterLossError, checkOptions } from '../core.js';
import { Cursor } from './cursor.js';
import { formatError, quoted } from './errors.js';
import { parseString } from './json-string.js';
import { fromSafetensors, type Safetensors } from './safetensors.js';
import {
  CENTERS,
  CONFIG,
  COUNTS,
  type Config,
  centerAtFault,
  FORMAT,
  KIND,
  KINDS,
  type Kind,
  NAMES,
  nameAtFault,
  PRECISION,
  RADIUS,
  THRESHOLD,
  VERSION,
} from './saved.js';
import type { Tensor } from './tensor.js';

export interface LoadCentersOptions {
  /** Which tensor holds the centers: it alone is read. Default: the one whose name says it, with what belongs to it. */
  readonly tensor?: string;
}

/** Centers out of a file, as plain values: what is not in it is not here. */
export interface SavedCenters {
  /** The class that was saved; undefined for a file that is not of ours. */
  readonly kind?: Kind;
  /** The centers [nClasses, nFeatures]; Infinity in every dimension for a class that never had a row. */
  readonly params: Float32Array<ArrayBuffer>;
  readonly nClasses: number;
  readonly nFeatures: number;
  /** One number, or one for each class. */
  readonly radius?: number | Float32Array<ArrayBuffer>;
  /** Rows or weight of each class. */
  readonly counts?: Float64Array<ArrayBuffer>;
  /** One number, or one for each class. */
  readonly thresholds?: number | Float64Array<ArrayBuffer>;
  /** 1/variance of each dimension. */
  readonly precision?: Float32Array<ArrayBuffer>;
  /** Options of the class that was saved. */
  readonly config: Config;
  readonly names?: readonly string[];
}

/** As pytorch-ood calls its centers, alone or in a network, and as KaiyangZhou/pytorch-center-loss does. */
const NAMES_OF_CENTERS = /^_params$|(^|\.)(_?centers?\._params|centers)$/;

/**
 * Reads centers from a safetensors file: from one that `saveCenters` has written, or from a PyTorch `state_dict`, of a
 * whole network if need be, in which one tensor is called `_centers._params` (pytorch-ood), `centers._params` or
 * `centers` (KaiyangZhou/pytorch-center-loss). F16, BF16 and F64 become float32.
 *
 * ```js
 * const { params, nClasses, nFeatures, radius, config } = loadCenters(file);
 * const loss = new CenterLoss(nClasses, nFeatures, { ...config, radius, init: params });
 * ```
 *
 * Named classes go on as they were, from the mean and the weight of each:
 *
 * ```js
 * const { params, nFeatures, names, counts } = loadCenters(file);
 * const named = new NamedCenters(nFeatures);
 * names.forEach((name, j) => {
 *   named.addClass(name, params.subarray(j * nFeatures, (j + 1) * nFeatures), { sampleWeight: [counts[j]] });
 * });
 * ```
 *
 * It needs no WebAssembly, so that it may be called before any is there.
 * @throws CenterLossError `ERR_FORMAT` for a file that is not whole and right, of a later version, without centers or
 * with several, and for values that can't be: centers that are not finite, counts below 0, thresholds that are NaN,
 * names that stand twice; `ERR_SHAPE` if `file` is not bytes; `ERR_OPTION`
 */
export function loadCenters(file: Uint8Array | ArrayBuffer, options: LoadCentersOptions = {}): SavedCenters {
  checkOptions(options, ['tensor']);
  const { tensor } = options;
  if (tensor !== undefined && typeof tensor !== 'string') {
    throw new CenterLossError('ERR_OPTION', `tensor must be a string, got ${String(tensor)}`);
  }
  const contents = fromSafetensors(file);
  if (tensor !== undefined || contents.metadata.format !== FORMAT) {
    const isNotFinite = (value: number) => !Number.isFinite(value);
    return { ...centersOf(contents, tensor, (params) => params.findIndex(isNotFinite)), config: {} };
  }
  const { version } = contents.metadata;
  if (version !== VERSION) {
    throw formatError(`the file is of version ${quoted(`${version}`)}; this package reads version "${VERSION}"`);
  }
  return ours(contents);
}

function ours(contents: Safetensors): SavedCenters {
  const { tensors, metadata } = contents;
  const kind = KINDS.find((name) => name === metadata[KIND]);
  if (kind === undefined)
    throw formatError(`the file holds a ${quoted(`${metadata[KIND]}`)}, not one of ${KINDS.join(', ')}`);
  const centers = centersOf(contents, CENTERS, centerAtFault);
  const { nClasses, nFeatures } = centers;
  const config = configOf(metadata[CONFIG]);
  const radius = perClass(tensors, RADIUS, nClasses, 'F32') as number | Float32Array<ArrayBuffer> | undefined;
  const thresholds = perClass(tensors, THRESHOLD, nClasses, 'F64') as number | Float64Array<ArrayBuffer> | undefined;
  const precision = sizesOf(tensors, PRECISION, 'F32', nFeatures) as Float32Array<ArrayBuffer> | undefined;
  const counts = sizesOf(tensors, COUNTS, 'F64', nClasses) as Float64Array<ArrayBuffer> | undefined;
  const names = namesOf(metadata[NAMES], nClasses);
  return {
    kind,
    ...centers,
    config,
    ...(radius !== undefined && { radius }),
    ...(thresholds !== undefined && { thresholds }),
    ...(counts && { counts }),
    ...(precision && { precision }),
    ...(names && { names }),
  };
}

/** The one tensor that can be the centers. */
function centersOf(
  { tensors, floats }: Safetensors,
  wanted: string | undefined,
  atFault: (params: Float32Array, nFeatures: number) => number,
): Pick<SavedCenters, 'params' | 'nClasses' | 'nFeatures'> {
  const name = wanted ?? nameOfCenters(Object.keys(tensors));
  const params = floats(name);
  const [nClasses = 0, nFeatures = 0, ...more] = tensors[name]?.shape ?? [];
  if (nClasses === 0 || nFeatures === 0 || more.length > 0) {
    const shape = tensors[name]?.shape.join(', ');
    throw formatError(`tensor ${quoted(name)} has the shape [${shape}], but centers are [classes, dimensions]`);
  }
  const bad = atFault(params, nFeatures);
  if (bad >= 0) {
    const [row, column] = [Math.floor(bad / nFeatures), bad % nFeatures];
    throw formatError(`tensor ${quoted(name)} at [${row}, ${column}] is ${params[bad]}, not a finite float32`);
  }
  return { params, nClasses, nFeatures };
}

function nameOfCenters(names: readonly string[]): string {
  const found = names.filter((name) => NAMES_OF_CENTERS.test(name));
  const [name, ...others] = found;
  if (name === undefined) {
    throw formatError(
      `no tensor of the file is called as centers are, but ${quoted(names.join(', '))}: name it by { tensor }`,
    );
  }
  if (others.length === 0) return name;
  throw formatError(`several tensors may be the centers, ${quoted(found.join(', '))}: name one by { tensor }`);
}

/** One number, or one a class. */
function perClass(
  tensors: Readonly<Record<string, Tensor>>,
  name: string,
  nClasses: number,
  dtype: 'F32' | 'F64',
): number | Reals | undefined {
  const tensor = tensors[name];
  if (!tensor) return undefined;
  const single = tensor.dtype === 'F64' && tensor.shape.length === 0;
  const values = single ? (tensor.data as Float64Array<ArrayBuffer>) : valuesOfShape(tensor, name, dtype, nClasses);
  const bad = values.findIndex(Number.isNaN);
  if (bad >= 0) throw formatError(`tensor "${name}" at ${bad} is NaN`);
  return single ? (values[0] as number) : values;
}

/** Finite and not below 0. */
function sizesOf(
  tensors: Readonly<Record<string, Tensor>>,
  name: string,
  dtype: 'F32' | 'F64',
  length: number,
): Reals | undefined {
  const tensor = tensors[name];
  if (!tensor) return undefined;
  const sizes = valuesOfShape(tensor, name, dtype, length);
  const bad = sizes.findIndex((size) => !(size >= 0 && Number.isFinite(size)));
  if (bad < 0) return sizes;
  throw formatError(`tensor "${name}" at ${bad} is ${sizes[bad]}, not a finite number ≥ 0`);
}

type Reals = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

function valuesOfShape({ dtype, shape, data }: Tensor, name: string, wanted: 'F32' | 'F64', length: number): Reals {
  if (dtype === wanted && shape.length === 1 && shape[0] === length) return data as Reals;
  throw formatError(
    `tensor "${name}" is ${dtype} of shape [${shape.join(', ')}], but ${wanted} of shape [${length}] is needed`,
  );
}

/** Options are few and short: nobody has to read a million of them in a message. */
const LONGEST_CONFIG = 4096;

function configOf(json: string | undefined): Config {
  if (json !== undefined && json.length > LONGEST_CONFIG) {
    throw formatError(`metadata "${CONFIG}" has ${json.length} characters; more than ${LONGEST_CONFIG} are not read`);
  }
  const config = json === undefined ? {} : parseConfig(json);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw formatError(`metadata "${CONFIG}" is ${quoted(`${json}`)}, not an object`);
  }
  for (const [key, value] of Object.entries(config)) {
    if (['string', 'number', 'boolean'].includes(typeof value)) continue;
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) continue;
    throw formatError(`metadata "${CONFIG}": ${quoted(key)} is neither a string, a number, a boolean nor some strings`);
  }
  return config as Config;
}

function namesOf(json: string | undefined, nClasses: number): readonly string[] | undefined {
  if (json === undefined) return undefined;
  const names = parseStrings(json);
  if (names.length !== nClasses) {
    throw formatError(`metadata "${NAMES}" has ${names.length} names, but there are ${nClasses} classes`);
  }
  const problem = nameAtFault(names);
  if (problem) throw formatError(`metadata "${NAMES}": names${problem}`);
  return names;
}

/** Not by `JSON.parse`, which would make whatever nests in a text of megabytes. */
function parseStrings(json: string): string[] {
  const at = new Cursor(json, `metadata "${NAMES}"`);
  const strings: string[] = [];
  at.expect('[');
  if (!at.take(']')) {
    do strings.push(parseString(at));
    while (at.take(','));
    at.expect(']');
  }
  at.expectEnd();
  return strings;
}

function parseConfig(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw formatError(`metadata "${CONFIG}" is ${quoted(json)}, which is no JSON`, { cause });
  }
}
