// File form of every class: a safetensors file, which Python's `safetensors` opens too.
//
// Its metadata are `format` "center-loss", `version` "2", `kind` (the class), `config` (options as JSON) and, where
// classes have names, `names` (JSON). Its tensors have the names of the properties that they hold. An option is a
// tensor where JSON could not hold it exactly: an infinite radius, values of float32. A reader ignores tensors that it
// does not know, so that a file can carry more.
import { CenterLossError } from '../validate/errors.js';
import { problemOfNames } from '../validate/names.js';
import { Cursor } from './cursor.js';
import type { Dtype, Values } from './dtypes.js';
import { formatError, quoted } from './errors.js';
import { parseString } from './json-string.js';
import { readTensors, type TensorFile, writeTensors } from './safetensors.js';
import type { Tensor } from './tensor.js';

/** Mark of this package in the metadata of a file. */
export const FORMAT = 'center-loss';
/** Version of the form of a file. */
export const VERSION = 2;

/** Keys of the metadata beside `format` and `version`. */
const [KIND, CONFIG, NAMES] = ['kind', 'config', 'names'] as const;

/** Options by name, as far as JSON holds them exactly; one that is undefined is left out. */
export type Config = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Parts of an object that are written to a file; what is undefined is left out. */
export interface ObjectParts {
  readonly config: Config;
  readonly names?: readonly string[] | undefined;
  readonly tensors: Readonly<Record<string, Tensor | undefined>>;
}

type Floats32 = Float32Array<ArrayBuffer>;
type Floats64 = Float64Array<ArrayBuffer>;

/** @throws CenterLossError `ERR_OPTION` for names and options of more than 16 MB, `ERR_OUT_OF_MEMORY` */
export function encodeObject(kind: string, { config, names, tensors }: ObjectParts): Uint8Array<ArrayBuffer> {
  const present = Object.entries(tensors).filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
  return writeTensors({
    tensors: Object.fromEntries(present),
    metadata: {
      format: FORMAT,
      version: `${VERSION}`,
      [KIND]: kind,
      [CONFIG]: JSON.stringify(config),
      ...(names && { [NAMES]: JSON.stringify(names) }),
    },
  });
}

/**
 * Centers [nClasses, nDim] as a tensor.
 * @throws CenterLossError `ERR_OPTION` for centers that a reader would refuse
 */
export function centersTensor(params: Floats32, nClasses: number, nDim: number): Tensor {
  const bad = firstBadCenter(params, nDim);
  if (bad < 0) return { dtype: 'F32', shape: [nClasses, nDim], data: params };
  throw new CenterLossError(
    'ERR_OPTION',
    `centers[${bad}] is ${params[bad]}, in class ${Math.floor(bad / nDim)}; expected finite centers: others could not be loaded again`,
  );
}

/** Limits as a tensor: one number exactly, or one for each class [nClasses]. */
export function limitTensor(limit: number | Floats32 | Floats64): Tensor {
  if (typeof limit === 'number') return { dtype: 'F64', shape: [], data: Float64Array.of(limit) };
  return listTensor(limit);
}

/** Floats as a tensor of one dimension. */
export const listTensor = (data: Floats32 | Floats64): Tensor => ({
  dtype: data instanceof Float32Array ? 'F32' : 'F64',
  shape: [data.length],
  data,
});

/** Centers out of a file, as plain values. */
export interface CenterValues {
  /** Centers [nClasses, nDim]; Infinity in every dimension of a class that never had a row. */
  readonly params: Float32Array<ArrayBuffer>;
  /** Number of classes, C. */
  readonly nClasses: number;
  /** Number of dimensions, D. */
  readonly nDim: number;
}

/** Object in a file: its parts, checked as they are read. Every method throws CenterLossError `ERR_FORMAT`. */
export class SavedObject {
  readonly kind: string;
  private readonly _contents: TensorFile;

  /** @throws CenterLossError `ERR_FORMAT` for a file of another kind or version, `ERR_SHAPE` if `file` is not bytes */
  constructor(file: Uint8Array | ArrayBuffer, kind?: string) {
    this._contents = readTensors(file);
    const { metadata } = this._contents;
    if (metadata.format !== FORMAT) {
      throw formatError(
        `the file was not written by save() of this package (its format is ${quoted(`${metadata.format}`)}): loadCenters reads centers of other libraries`,
      );
    }
    checkVersion(metadata.version);
    this.kind = metadata[KIND] ?? '';
    if (kind === undefined || this.kind === kind) return;
    throw formatError(`the file holds a ${quoted(this.kind)}, not a "${kind}": load(bytes) reads every kind`);
  }

  /**
   * Options of the object.
   * @param names options that must be there
   * @param optional options that may be there; any others are refused
   */
  config<T>(names: readonly (keyof T & string)[], optional: readonly (keyof T & string)[] = []): T {
    const config = parseConfig(this._contents.metadata[CONFIG] ?? '');
    const missing = names.find((name) => !Object.hasOwn(config, name));
    if (missing !== undefined) throw formatError(`metadata "${CONFIG}" lacks ${quoted(missing)}`);
    const unknown = Object.keys(config).find((name) => ![...names, ...optional].includes(name as never));
    if (unknown === undefined) return config as T;
    throw formatError(`metadata "${CONFIG}" has ${quoted(unknown)}, which no ${this.kind} has`);
  }

  /** Names of the classes, if they have any. */
  names(nClasses: number): readonly string[] | undefined {
    const json = this._contents.metadata[NAMES];
    if (json === undefined) return undefined;
    const names = parseStrings(json);
    if (names.length !== nClasses) {
      throw formatError(`metadata "${NAMES}" has ${names.length} names, but there are ${nClasses} classes`);
    }
    const problem = problemOfNames(names);
    if (problem) throw formatError(`metadata "${NAMES}": names${problem}`);
    return names;
  }

  has(name: string): boolean {
    return name in this._contents.tensors;
  }

  /** Shape of a tensor [classes, dimensions] of at least `minClasses` classes and one dimension. */
  shape(name: string, minClasses = 1): readonly [nClasses: number, nDim: number] {
    const { shape } = this._tensor(name);
    const [nClasses = -1, nDim = 0, ...more] = shape;
    if (nClasses >= minClasses && nDim > 0 && more.length === 0) return [nClasses, nDim];
    throw formatError(`tensor "${name}" has the shape [${shape.join(', ')}]; expected [classes, dimensions]`);
  }

  /** Centers, each finite or Infinity in every dimension. */
  centers(minClasses = 1): CenterValues {
    const [nClasses, nDim] = this.shape('centers', minClasses);
    const params = this.floats('centers', [nClasses, nDim]);
    const bad = firstBadCenter(params, nDim);
    if (bad < 0) return { params, nClasses, nDim };
    throw notFinite('centers', [Math.floor(bad / nDim), bad % nDim], params[bad]);
  }

  /** Values of an F32 tensor. */
  floats(name: string, shape: readonly number[]): Floats32 {
    return this._values(name, 'F32', shape) as Floats32;
  }

  /** Values of an F64 tensor. */
  doubles(name: string, shape: readonly number[]): Floats64 {
    return this._values(name, 'F64', shape) as Floats64;
  }

  /** Values of a U32 tensor. */
  counts(name: string, shape: readonly number[]): Uint32Array<ArrayBuffer> {
    return this._values(name, 'U32', shape) as Uint32Array<ArrayBuffer>;
  }

  /** Radius of all classes in F64, or one for each class in F32. */
  radius(nClasses: number): number | Floats32 {
    return this._limit('radius', nClasses, 'F32') as number | Floats32;
  }

  /** Threshold of all classes, or one for each class, in F64. */
  threshold(nClasses: number): number | Floats64 {
    return this._limit('threshold', nClasses, 'F64') as number | Floats64;
  }

  private _limit(name: string, nClasses: number, dtype: 'F32' | 'F64'): number | Values {
    const isSingle = this._tensor(name).shape.length === 0;
    const values = (isSingle ? this.doubles(name, []) : this._values(name, dtype, [nClasses])) as Floats64;
    const bad = values.findIndex(Number.isNaN);
    if (bad >= 0) throw formatError(`tensor "${name}" is NaN at [${bad}]; expected numbers`);
    return isSingle ? (values[0] as number) : values;
  }

  private _values(name: string, wanted: Dtype, size: readonly number[]): Values {
    const { dtype, shape, data } = this._tensor(name);
    if (dtype === wanted && shape.length === size.length && shape.every((length, i) => length === size[i])) return data;
    throw formatError(
      `tensor "${name}" is ${dtype} of shape [${shape.join(', ')}]; expected ${wanted} of shape [${size.join(', ')}]`,
    );
  }

  private _tensor(name: string): Tensor {
    const { tensors } = this._contents;
    const tensor = tensors[name];
    if (tensor) return tensor;
    throw formatError(`the file has no tensor "${name}", but ${quoted(Object.keys(tensors).join(', '))}`);
  }
}

/** @throws CenterLossError `ERR_FORMAT` unless this package reads files of this version */
export function checkVersion(version: unknown): void {
  if (version === `${VERSION}`) return;
  throw formatError(
    `the file is of version ${quoted(`${version}`)}; this package reads version "${VERSION}": save the object again`,
  );
}

/**
 * Makes an object of what a file holds.
 * @throws CenterLossError `ERR_FORMAT` in place of `ERR_OPTION` and `ERR_SHAPE`: the fault is in the file
 */
export function restored<T>(kind: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    const { code, message } = cause as CenterLossError;
    if (code !== 'ERR_OPTION' && code !== 'ERR_SHAPE') throw cause;
    throw formatError(`the file holds no valid ${kind}: ${message}`, { cause });
  }
}

/**
 * Finds the first value of centers that is not allowed; −1 without one. Each is finite, or a class that never had a row
 * has Infinity in every dimension (see `ClassStatistics.toCenters`), so that no row is nearest to it.
 */
export function firstBadCenter(params: Float32Array, nDim: number): number {
  // Centers are nearly always finite, and `findIndex` over the whole array is fast.
  let bad = params.findIndex((value) => !Number.isFinite(value));
  while (bad >= 0) {
    const end = bad + nDim - (bad % nDim);
    if (bad % nDim !== 0 || !params.subarray(bad, end).every((value) => value === Number.POSITIVE_INFINITY)) return bad;
    const more = params.subarray(end).findIndex((value) => !Number.isFinite(value));
    bad = more < 0 ? -1 : end + more;
  }
  return -1;
}

export const notFinite = (name: string, at: readonly number[], value: unknown): CenterLossError =>
  formatError(`tensor ${quoted(name)} is ${value} at [${at.join(', ')}]; expected finite float32 values`);

/** Characters of a config that are parsed: options are few and short. */
const MAX_CONFIG = 4096;

function parseConfig(json: string): Readonly<Record<string, unknown>> {
  if (json.length > MAX_CONFIG) {
    throw formatError(`metadata "${CONFIG}" has ${json.length} characters; more than ${MAX_CONFIG} are not read`);
  }
  let config: unknown;
  try {
    config = JSON.parse(json);
  } catch (cause) {
    throw formatError(`metadata "${CONFIG}" is ${quoted(json)}, which is not JSON`, { cause });
  }
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return { ...config };
  throw formatError(`metadata "${CONFIG}" is ${quoted(json)}, not an object`);
}

/** @internal Reads an array of strings. `JSON.parse` would build anything that is nested in megabytes of text. */
export function parseStrings(json: string): string[] {
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
