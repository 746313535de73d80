import { checkNumber } from '../validate/checks.js';
import { asBytes } from './bytes.js';
import { Cursor } from './cursor.js';
import { byteLengthOf, type Dtype, isDtype, MAX_DIMENSIONS } from './dtypes.js';
import { formatError, quoted } from './errors.js';
import { parseString } from './json-string.js';

/** Type, shape and position of a tensor in a file. */
export interface TensorPlace {
  /** Type of the values. */
  readonly dtype: Dtype;
  /** Sizes of the dimensions; empty for a single value. */
  readonly shape: readonly number[];
  /** First byte in the file, and the first after it. */
  readonly start: number;
  /** Place of the first byte after the values. */
  readonly end: number;
}

/** Contents of a safetensors file without the values. */
export interface SafetensorsHeader {
  /** Place of each tensor, by its name. */
  readonly places: Readonly<Record<string, TensorPlace>>;
  /** Texts that the writer of the file put beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Key of the metadata among the tensors. */
export const METADATA = '__metadata__';
/** Bytes of the length of the header, at the start of a file. */
export const PREFIX_BYTES = 8;
/** Most bytes of a header, a sixth of the reference's limit: 100,000 tensors take a few million. */
export const MAX_HEADER = 2 ** 24;

/**
 * Reads and checks the header of a safetensors file: every tensor has the bytes that its type and shape need, and
 * together the tensors are all of the file, each byte once.
 *
 * Stricter than the reference: a repeated key, fields that the format does not have, `null` for metadata,
 * headers over 16 MB and shapes of more than 64 sizes are refused.
 *
 * Source: https://huggingface.co/docs/safetensors/index#format; safetensors 0.8.0.
 * @param begin the file, or its start as far as the header goes
 * @param fileBytes the length of the whole file
 * @throws CenterLossError `ERR_FORMAT`, also if `begin` is too short, with the number of bytes that it should have;
 * `ERR_SHAPE` if it is not bytes, `ERR_OPTION`
 */
export function safetensorsHeader(begin: Uint8Array | ArrayBuffer, fileBytes: number): SafetensorsHeader {
  const head = asBytes(begin, 'the start of the file');
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
  if (head.length < PREFIX_BYTES) throw formatError(`a file of ${head.length} bytes is not a safetensors file`);
  const length = new DataView(head.buffer, head.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (length > BigInt(Math.max(0, fileBytes - PREFIX_BYTES))) {
    throw formatError(`the header should have ${length} bytes, but the file has ${fileBytes}`);
  }
  if (length > BigInt(MAX_HEADER)) {
    throw formatError(`the header has ${length} bytes; more than ${MAX_HEADER} are not read`);
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

/**
 * Parses the JSON of a header by a reader of this form alone. `JSON.parse` would build anything that is nested in
 * megabytes of text, and would hide a repeated key.
 */
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
    else if (key === 'shape' && shape === undefined) shape = parseNaturals(at, name, MAX_DIMENSIONS);
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

/** Checks that tensors follow one another without holes, to the end of the file. */
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
