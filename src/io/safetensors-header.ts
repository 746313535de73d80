import { checkNumber } from '../validate/checks.js';
import { asBytes } from './bytes.js';
import { Cursor } from './cursor.js';
import { byteLengthOf, type Dtype, isDtype, MOST_DIMENSIONS } from './dtypes.js';
import { formatError, quoted } from './errors.js';
import { parseString } from './json-string.js';

/** Where a tensor stands in a file. */
export interface TensorPlace {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** The first byte in the file, and the first after it. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly places: Readonly<Record<string, TensorPlace>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The key that is no tensor. */
export const METADATA = '__metadata__';
/** Of the number that a file begins with. */
export const PREFIX_BYTES = 8;
/** A sixth of what the reference allows: the largest header known has a few million, for 100,000 tensors. */
export const LONGEST_HEADER = 2 ** 24;

/**
 * What a safetensors file says of itself, checked: every tensor has the bytes that its type and shape need, and
 * together they are all of the file, each byte once.
 *
 * As strict as the reference, and stricter: a key that stands twice, fields that the format does not have and `null`
 * for metadata are refused, as are headers over 16 MB and shapes of more than 64 sizes.
 *
 * Source: https://huggingface.co/docs/safetensors/index#format; safetensors 0.8.0.
 * @param begin the file, or its begin as far as the header goes
 * @param fileBytes the length of the whole file
 * @throws CenterLossError `ERR_FORMAT`, also if the begin is too short, with the number of bytes that it should have;
 * `ERR_SHAPE` if it is not bytes, `ERR_OPTION`
 */
export function safetensorsHeader(begin: Uint8Array | ArrayBuffer, fileBytes: number): SafetensorsHeader {
  const head = asBytes(begin, 'the begin of the file');
  checkNumber(fileBytes, 'fileBytes', (value) => Number.isSafeInteger(value) && value >= 0, 'a whole number ≥ 0');
  const length = headerLength(head, fileBytes);
  const dataStart = PREFIX_BYTES + length;
  if (head.length < dataStart) {
    throw formatError(`the header ends at byte ${dataStart} of the file, but only ${head.length} are given`);
  }
  const header = parse(utf8(head.slice(PREFIX_BYTES, dataStart)), dataStart);
  checkPlaces(header.places, dataStart, fileBytes);
  return header;
}

function headerLength(head: Uint8Array, fileBytes: number): number {
  if (head.length < PREFIX_BYTES) throw formatError(`a file of ${head.length} bytes is no safetensors file`);
  const length = new DataView(head.buffer, head.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (length > BigInt(Math.max(0, fileBytes - PREFIX_BYTES))) {
    throw formatError(`the header should have ${length} bytes, but the file has ${fileBytes}`);
  }
  if (length > BigInt(LONGEST_HEADER)) {
    throw formatError(`the header has ${length} bytes; more than ${LONGEST_HEADER} are not read`);
  }
  return Number(length);
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw formatError('the header is not UTF-8', { cause });
  }
}

/** The header's JSON: of one form only, so that there is nothing to nest, and keys that stand twice are found. */
function parse(text: string, dataStart: number): SafetensorsHeader {
  const at = new Cursor(text, 'the header');
  const places: Record<string, TensorPlace> = Object.create(null);
  let metadata: Record<string, string> | undefined;
  forEachField(at, (key) => {
    if (key in places || (key === METADATA && metadata)) throw formatError(`the header has ${quoted(key)} twice`);
    if (key === METADATA) metadata = parseMetadata(at);
    else places[key] = parsePlace(at, key, dataStart);
  });
  at.expectEnd();
  return { places, metadata: metadata ?? Object.create(null) };
}

function forEachField(at: Cursor, read: (key: string) => void): void {
  at.expect('{');
  if (at.take('}')) return;
  do {
    const key = parseString(at);
    at.expect(':');
    read(key);
  } while (at.take(','));
  at.expect('}');
}

function parseMetadata(at: Cursor): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  forEachField(at, (key) => {
    if (key in metadata) throw formatError(`the header has metadata ${quoted(key)} twice`);
    metadata[key] = parseString(at);
  });
  return metadata;
}

function parsePlace(at: Cursor, name: string, dataStart: number): TensorPlace {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  forEachField(at, (key) => {
    if (key === 'dtype' && dtype === undefined) dtype = parseString(at);
    else if (key === 'shape' && shape === undefined) shape = parseNaturals(at, name, MOST_DIMENSIONS);
    else if (key === 'data_offsets' && offsets === undefined) offsets = parseNaturals(at, name, 2);
    else throw formatError(`tensor ${quoted(name)} has a field ${quoted(key)} too many`);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    throw formatError(`tensor ${quoted(name)} lacks its dtype, shape or data_offsets`);
  }
  if (!isDtype(dtype)) throw formatError(`tensor ${quoted(name)} has the unknown dtype ${quoted(dtype)}`);
  const [start, end] = offsets;
  if (start === undefined || end === undefined) throw formatError(`tensor ${quoted(name)} needs two data_offsets`);
  const bytes = byteLengthOf(dtype, shape);
  if (end - start !== bytes) {
    throw formatError(
      `tensor ${quoted(name)}, ${dtype} of shape [${shape.join(', ')}], has ${Number.isNaN(bytes) ? 'no possible number of' : bytes} bytes, not those from ${start} to ${end}`,
    );
  }
  return { dtype, shape, start: dataStart + start, end: dataStart + end };
}

function parseNaturals(at: Cursor, name: string, most: number): number[] {
  const values: number[] = [];
  at.expect('[');
  if (at.take(']')) return values;
  do {
    if (values.length === most) throw formatError(`tensor ${quoted(name)} has a list of more than ${most} numbers`);
    values.push(at.natural());
  } while (at.take(','));
  at.expect(']');
  return values;
}

/** One after the other, without holes, to the end of the file. */
function checkPlaces(places: Readonly<Record<string, TensorPlace>>, dataStart: number, fileBytes: number): void {
  const inOrder = Object.entries(places).sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  let end = dataStart;
  for (const [name, place] of inOrder) {
    if (place.start !== end) {
      const problem = place.start < end ? 'overlaps another' : 'leaves a hole before it';
      throw formatError(`tensor ${quoted(name)} ${problem}: it starts at byte ${place.start}, not ${end}`);
    }
    end = place.end;
  }
  if (end !== fileBytes) throw formatError(`the tensors end at byte ${end}, but the file has ${fileBytes}`);
}
