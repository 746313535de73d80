import { CenterLossError } from './errors.js';

/** Rows of numbers, one after the other. */
export type Floats = Float32Array | Float64Array | readonly number[];

const show = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? 'an array' : String(value);

/** @throws CenterLossError `ERR_OPTION` unless `value` is a whole number from 1 on. */
export function checkCount(value: number, name: string): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new CenterLossError('ERR_OPTION', `${name} must be a positive integer, got ${show(value)}`);
}

/** @throws CenterLossError `ERR_OPTION` unless `value` is a number for which `accepts` holds. */
export function checkNumber(value: number, name: string, accepts: (value: number) => boolean, range: string): void {
  if (typeof value === 'number' && accepts(value)) return;
  throw new CenterLossError('ERR_OPTION', `${name} must be ${range}, got ${show(value)}`);
}

/** @throws CenterLossError `ERR_OPTION` unless `alpha` can be the rate of the centers. */
export function checkAlpha(alpha: number): void {
  checkNumber(alpha, 'alpha', (value) => value >= 0 && Number.isFinite(Math.fround(value)), 'a finite number ≥ 0');
}

/** @throws CenterLossError `ERR_OPTION` unless `value` is one of `choices`. */
export function checkChoice<T>(value: T, name: string, choices: readonly T[]): void {
  if (choices.includes(value)) return;
  throw new CenterLossError('ERR_OPTION', `${name} must be ${choices.map(show).join(' or ')}, got ${show(value)}`);
}

/** @throws CenterLossError `ERR_OPTION` for a name that is not among the `known` ones: a typo must not pass. */
export function checkOptions(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new CenterLossError('ERR_OPTION', `options must be an object, got ${show(options)}`);
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new CenterLossError('ERR_OPTION', `there is no option ${show(unknown)}; the options are ${known.join(', ')}`);
}

/** @throws CenterLossError `ERR_SHAPE` unless `values` is a Float32Array, a Float64Array or an array of numbers. */
export function checkFloats(values: Floats, name: string): void {
  if (values instanceof Float32Array || values instanceof Float64Array) {
    checkAttached(values, name);
    return;
  }
  if (!Array.isArray(values)) {
    const type = Object.prototype.toString.call(values).slice(8, -1);
    throw new CenterLossError(
      'ERR_SHAPE',
      `${name} must be a Float32Array, a Float64Array or an array of numbers, got ${type}`,
    );
  }
  // An index, not `find`: holes in the array count as values too.
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] === 'number') continue;
    throw new CenterLossError('ERR_SHAPE', `${name}[${i}] is ${show(values[i])}, not a number`);
  }
}

/**
 * The number of rows of `width` values in `values`; `widthName` is what the message calls the width.
 * @throws CenterLossError `ERR_SHAPE`
 */
export function countRows(values: Floats, name: string, width: number, widthName: string): number {
  checkFloats(values, name);
  const rows = values.length / width;
  if (Number.isInteger(rows)) return rows;
  throw new CenterLossError(
    'ERR_SHAPE',
    `${name} has ${values.length} values, which is not a multiple of ${widthName} = ${width}`,
  );
}

/** @throws CenterLossError `ERR_SHAPE` unless there is one label a row. */
export function checkRowsMatch(rows: number, name: string, width: number, labels: number): void {
  if (rows === labels) return;
  throw new CenterLossError(
    'ERR_SHAPE',
    `${name} has ${rows} rows of ${width} values, but target has ${labels} labels`,
  );
}

/** @throws CenterLossError `ERR_SHAPE` unless a batch was made for this number of classes and of dimensions. */
export function checkBatchFits(batch: { nClasses: number; nDim: number }, nClasses: number, nDim: number): void {
  if (batch.nClasses === nClasses && batch.nDim === nDim) return;
  throw new CenterLossError(
    'ERR_SHAPE',
    `the batch was made for ${batch.nClasses} classes in ${batch.nDim} dimensions, not for ${nClasses} in ${nDim}`,
  );
}

/** @throws CenterLossError `ERR_OPTION` for an argument past those that a call with a batch takes. */
export function checkNoMore(call: string, extra: unknown): void {
  if (extra === undefined) return;
  throw new CenterLossError('ERR_OPTION', `${call} with a batch takes no target: the batch holds it`);
}

/**
 * A view on memory that has grown since it was taken has lost it, and reads as empty.
 * @throws CenterLossError `ERR_SHAPE`
 */
export function checkAttached(values: ArrayLike<unknown>, name: string): void {
  if (values.length > 0 || !ArrayBuffer.isView(values)) return;
  try {
    // Not every runtime has `ArrayBuffer.prototype.detached`, but none makes a view on a detached buffer.
    new Uint8Array(values.buffer);
  } catch (cause) {
    throw new CenterLossError(
      'ERR_SHAPE',
      `${name} is a view on memory that has grown since it was taken: read params, batch.x and the like anew`,
      { cause },
    );
  }
}

/**
 * @throws CenterLossError `ERR_SHAPE` unless `out` is a Float32Array of `length` values apart from the memory of
 * every one of `operands`, which would be overwritten while they are read.
 */
export function checkOut(out: Float32Array, length: number, operands: Record<string, ArrayLike<number>>): void {
  if (!(out instanceof Float32Array)) {
    throw new CenterLossError('ERR_SHAPE', `out must be a Float32Array, got ${show(out)}`);
  }
  if (out.length !== length) {
    throw new CenterLossError('ERR_SHAPE', `out has ${out.length} values, but the result has ${length}`);
  }
  for (const [name, operand] of Object.entries(operands)) {
    if (!ArrayBuffer.isView(operand) || operand.buffer !== out.buffer) continue;
    const [start, end] = [operand.byteOffset, operand.byteOffset + operand.byteLength];
    if (out.byteOffset < end && start < out.byteOffset + out.byteLength) {
      throw new CenterLossError('ERR_SHAPE', `out and ${name} share memory`);
    }
  }
}
