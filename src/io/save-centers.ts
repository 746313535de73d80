import { CenterLossError, checkFloats, checkNumber, checkOptions, type Floats } from '../core.js';
import { type Belongings, describe, type Saveable } from './describe.js';
import { toSafetensors } from './safetensors.js';
import {
  CENTERS,
  CONFIG,
  COUNTS,
  centerAtFault,
  FORMAT,
  KIND,
  NAMES,
  nameAtFault,
  PRECISION,
  RADIUS,
  THRESHOLD,
  VERSION,
} from './saved.js';
import type { Tensor } from './tensor.js';

/** What belongs to the centers, if the object that has them does not say it itself. */
export interface SaveCentersOptions {
  /** What people call the classes: a name for each, all different. */
  readonly names?: readonly string[];
  /** How many rows, or how much weight, each class has been made of [C]. */
  readonly counts?: Floats | Uint32Array;
  /** How far a row may be from its center: one number, or one for each class [C]. */
  readonly radius?: number | Floats;
  /** The score over which a row is unknown: one number, or one for each class [C]. */
  readonly thresholds?: number | Floats;
}

const OPTIONS = ['names', 'counts', 'radius', 'thresholds'] as const;

/**
 * Centers with what belongs to them, as a safetensors file, which Python's `safetensors` opens: tensors `centers` F32
 * [C, D], and where there are any, `radius` F64 [] or F32 [C], `threshold` F64 [] or [C], `counts` F64 [C] and
 * `precision` F32 [D]; in the metadata `format` "center-loss", `version` "1", `kind` (the class that was saved),
 * `config` (its options as JSON) and `names` (JSON). All float32 values are kept to the bit.
 *
 * - Of a `CenterLoss`: centers, radius and options, but not `labels` and `classWeight`, which it does not tell, nor
 *   `magnitude` and `init`, which the centers have.
 * - Of an `OpenSetClassifier`: all of it, for `loadClassifier`.
 * - Of `ClassStatistics` and `NamedCenters`: centers, counts and names. Their `toBytes` has more than that.
 * @throws CenterLossError `ERR_OPTION` for centers that are not finite (but those of classes without rows may be
 * Infinity), for options that the object itself has, for names that stand twice, and for numbers that are none;
 * `ERR_SHAPE` for other lengths than C; `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY`
 */
export function saveCenters(object: Saveable, options: SaveCentersOptions = {}): Uint8Array<ArrayBuffer> {
  checkOptions(options, OPTIONS);
  const { kind, params, nClasses, nFeatures, config, own, precision } = describe(object);
  const twice = OPTIONS.find((name) => options[name] !== undefined && name in own);
  if (twice) throw new CenterLossError('ERR_OPTION', `${twice} can't be given, since the ${kind} has its own`);
  const { names, counts, radius, thresholds }: Partial<Belongings> = { ...options, ...defined(own) };
  checkCenters(params, nFeatures);
  const tensors: Record<string, Tensor> = {
    [CENTERS]: { dtype: 'F32', shape: [nClasses, nFeatures], data: params as Float32Array<ArrayBuffer> },
  };
  if (names !== undefined) checkNames(names, nClasses);
  if (radius !== undefined) tensors[RADIUS] = perClass(radius, 'radius', nClasses, 'F32');
  if (thresholds !== undefined) tensors[THRESHOLD] = perClass(thresholds, 'thresholds', nClasses, 'F64');
  if (counts !== undefined) tensors[COUNTS] = countsOf(counts, nClasses);
  if (precision) tensors[PRECISION] = { dtype: 'F32', shape: [nFeatures], data: Float32Array.from(precision) };
  const metadata = { format: FORMAT, version: VERSION, [KIND]: kind, [CONFIG]: JSON.stringify(config) };
  return toSafetensors(tensors, names ? { ...metadata, [NAMES]: JSON.stringify(names) } : metadata);
}

const defined = <T extends object>(values: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;

function checkCenters(params: Float32Array, nFeatures: number): void {
  const bad = centerAtFault(params, nFeatures);
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

/** One number as exactly as it is; one a class in the type that our classes have for it. */
function perClass(value: number | Floats, name: string, nClasses: number, dtype: 'F32' | 'F64'): Tensor {
  if (typeof value === 'number') {
    checkNumber(value, name, (number) => !Number.isNaN(number), 'a number');
    return { dtype: 'F64', shape: [], data: Float64Array.of(value) };
  }
  checkFloats(value, name);
  checkLength(value.length, name, nClasses);
  const data = dtype === 'F32' ? Float32Array.from(value) : Float64Array.from(value);
  const bad = data.findIndex(Number.isNaN);
  if (bad >= 0) throw new CenterLossError('ERR_OPTION', `${name}[${bad}] is NaN`);
  return { dtype, shape: [nClasses], data };
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
