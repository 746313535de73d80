import {
  CenterLoss,
  CenterLossError,
  ClassCenters,
  checkFloats,
  checkNumber,
  checkOptions,
  type Floats,
} from '../core.js';
import { quoted } from './errors.js';
import { toSafetensors } from './safetensors.js';
import {
  CENTERS,
  CONFIG,
  COUNTS,
  type Config,
  FORMAT,
  KIND,
  type Kind,
  NAMES,
  RADIUS,
  THRESHOLD,
  VERSION,
} from './saved.js';
import type { Tensor } from './tensor.js';

export interface SaveCentersOptions {
  /** What people call the classes: a name for each, all different. */
  readonly names?: readonly string[];
  /** How many rows, or how much weight, each class has been made of [C]. */
  readonly counts?: Floats | Uint32Array;
  /** How far a row may be from its center: one number, or one for each class [C]. */
  readonly radius?: number | Floats;
  /** The score from which a row is unknown: one number, or one for each class [C]. */
  readonly thresholds?: number | Floats;
}

/**
 * Centers with what belongs to them, as a safetensors file: tensors `centers` F32 [C, D], and where there are any
 * `radius` and `threshold`, each F64 [] or F32 [C], and `counts` F64 [C]; in the metadata `format` "center-loss",
 * `version` "1", `kind` (the class that was saved), `config` (its options as JSON) and `names` (JSON). All float32
 * values are kept to the bit. Python's `safetensors` opens it.
 *
 * A `CenterLoss` saves its centers, radius and options but `labels`; not `magnitude` and `init`, which the centers have.
 * @throws CenterLossError `ERR_OPTION` for centers that are not finite, names that are missing or that stand twice, and
 * numbers that are none; `ERR_SHAPE` for other lengths than C; `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function saveCenters(
  centers: ClassCenters | CenterLoss,
  options: SaveCentersOptions = {},
): Uint8Array<ArrayBuffer> {
  checkOptions(options, ['names', 'counts', 'radius', 'thresholds']);
  const { kind, of, config, radius } = described(centers);
  const { nClasses, nFeatures, params } = of;
  checkCenters(params, nFeatures);
  const tensors: Record<string, Tensor> = {
    [CENTERS]: { dtype: 'F32', shape: [nClasses, nFeatures], data: params },
  };
  const { names, counts, thresholds } = options;
  if (names !== undefined) checkNames(names, nClasses);
  const limit = options.radius ?? radius;
  if (limit !== undefined) tensors[RADIUS] = perClass(limit, 'radius', nClasses);
  if (thresholds !== undefined) tensors[THRESHOLD] = perClass(thresholds, 'thresholds', nClasses);
  if (counts !== undefined) tensors[COUNTS] = countsOf(counts, nClasses);
  const metadata = { format: FORMAT, version: VERSION, [KIND]: kind, [CONFIG]: JSON.stringify(config) };
  return toSafetensors(tensors, names ? { ...metadata, [NAMES]: JSON.stringify(names) } : metadata);
}

interface Described {
  readonly kind: Kind;
  readonly of: ClassCenters;
  readonly config: Config;
  readonly radius?: number;
}

function described(object: ClassCenters | CenterLoss): Described {
  if (object instanceof ClassCenters) return { kind: 'ClassCenters', of: object, config: { fixed: object.fixed } };
  if (object instanceof CenterLoss) {
    const { centers, fixed, reduction, radius } = object;
    return { kind: 'CenterLoss', of: centers, config: { fixed, reduction }, radius };
  }
  const type = Object.prototype.toString.call(object).slice(8, -1);
  throw new CenterLossError('ERR_OPTION', `only a ClassCenters or a CenterLoss can be saved, got ${type}`);
}

function checkCenters(params: Float32Array, nFeatures: number): void {
  const bad = params.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new CenterLossError(
    'ERR_OPTION',
    `centers[${bad}] is ${params[bad]}, in class ${Math.floor(bad / nFeatures)}: such centers can't be loaded again`,
  );
}

function checkNames(names: readonly string[], nClasses: number): void {
  if (!Array.isArray(names) || names.length !== nClasses) {
    const given = Array.isArray(names) ? `${names.length} names` : String(names);
    throw new CenterLossError('ERR_SHAPE', `names must be an array of ${nClasses}, one a class, got ${given}`);
  }
  const problem = nameAtFault(names);
  if (problem) throw new CenterLossError('ERR_OPTION', `names${problem}`);
}

/** Where names are no strings or not all different; undefined if they are. */
export function nameAtFault(names: readonly unknown[]): string | undefined {
  const seen = new Map<string, number>();
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (typeof name !== 'string') return `[${i}] is no string, but ${quoted(String(name))}`;
    const first = seen.get(name);
    if (first !== undefined) return `[${first}] and names[${i}] are both ${quoted(name)}`;
    seen.set(name, i);
  }
  return undefined;
}

/** One number as exactly as it is; one a class as the kernels have them. */
function perClass(value: number | Floats, name: string, nClasses: number): Tensor {
  if (typeof value === 'number') {
    checkNumber(value, name, (number) => !Number.isNaN(number), 'a number');
    return { dtype: 'F64', shape: [], data: Float64Array.of(value) };
  }
  checkFloats(value, name);
  checkLength(value.length, name, nClasses);
  const data = Float32Array.from(value);
  const bad = data.findIndex(Number.isNaN);
  if (bad >= 0) throw new CenterLossError('ERR_OPTION', `${name}[${bad}] is NaN`);
  return { dtype: 'F32', shape: [nClasses], data };
}

function countsOf(counts: Floats | Uint32Array, nClasses: number): Tensor {
  if (!(counts instanceof Uint32Array)) checkFloats(counts, 'counts');
  checkLength(counts.length, 'counts', nClasses);
  const data = Float64Array.from(counts);
  const bad = data.findIndex((count) => !(count >= 0 && Number.isFinite(count)));
  if (bad >= 0) throw new CenterLossError('ERR_OPTION', `counts[${bad}] is ${data[bad]}, not a finite number ≥ 0`);
  return { dtype: 'F64', shape: [nClasses], data };
}

function checkLength(length: number, name: string, nClasses: number): void {
  if (length === nClasses) return;
  throw new CenterLossError('ERR_SHAPE', `${name} has ${length} values, but there are ${nClasses} classes`);
}
