import { byteLengthOf, DTYPES, type Dtype } from '../files/dtypes.js';
import { readNpy, type Tensor, toFloats } from '../files/index.js';
import { encodeHeader } from '../files/npy-encode.js';
import type { ByteSource } from './byte-source.js';
import { Failure } from './failure.js';
import { BLOCK_BYTES, type Block, checkEnd, type Labels, type RawLabels, type Reading, type Rows } from './rows.js';

/** An array in a file. */
export interface Place {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** The first byte of the values, and the first after them. */
  readonly start: number;
  readonly end: number;
  readonly bigEndian?: boolean;
  readonly fortranOrder?: boolean;
}

/** The first index of an array, some of it at a time. */
class Dense implements Reading {
  readonly name: string;
  readonly nRows: number;
  readonly width: number;
  readonly bytes: number;
  readonly #source: ByteSource;
  readonly #place: Place;
  /** Of a row, and of one value. */
  readonly rowBytes: number;
  readonly #valueBytes: number;
  #buffer = new ArrayBuffer(0);
  #row = 0;
  #isAt = -1;

  constructor(source: ByteSource, place: Place) {
    const [nRows = 0, width = 1] = place.shape;
    this.name = source.name;
    this.nRows = nRows;
    this.width = width;
    this.#source = source;
    this.#place = place;
    this.#valueBytes = byteLengthOf(place.dtype, [1]);
    this.rowBytes = this.#valueBytes * width;
    this.bytes = place.end - place.start;
    const { size } = source;
    if (size !== undefined && size < place.end) throw this.#tooShort(size);
    if (this.#isByColumns && size === undefined) {
      throw new Failure(`${this.name}: an array in Fortran order can't come through a pipe: save np.ascontiguousarray`);
    }
  }

  get bytesRead(): number {
    return this.#row * this.rowBytes;
  }

  skip(rows: number): void {
    this.#row = Math.min(this.nRows, this.#row + rows);
  }

  async next(most: number): Promise<Tensor> {
    const rows = Math.min(most, this.nRows - this.#row);
    const { dtype, bigEndian = false } = this.#place;
    const shape = [rows, this.width];
    const bytes = this.#isByColumns ? await this.#columns(rows) : await this.#contiguous(rows);
    this.#row += rows;
    if (!bigEndian && !this.#isByColumns) return { dtype, shape, data: new DTYPES[dtype].array(bytes.buffer) };
    // A small file of its own, for the one function that knows these orders.
    const header = encodeHeader(dtype, shape, { bigEndian, fortranOrder: this.#isByColumns });
    const file = new Uint8Array(header.length + bytes.length);
    file.set(header);
    file.set(bytes, header.length);
    return readNpy(file);
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  get #isByColumns(): boolean {
    return this.#place.fortranOrder === true && this.width > 1 && this.nRows > 1;
  }

  async #contiguous(rows: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.#room(rows * this.rowBytes);
    await this.#fill(bytes, this.#place.start + this.#row * this.rowBytes);
    return bytes;
  }

  async #columns(rows: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.#room(rows * this.rowBytes);
    const length = rows * this.#valueBytes;
    for (let column = 0; column < this.width; column++) {
      const at = this.#place.start + (column * this.nRows + this.#row) * this.#valueBytes;
      await this.#fill(bytes.subarray(column * length, (column + 1) * length), at);
    }
    return bytes;
  }

  async #fill(bytes: Uint8Array, at: number): Promise<void> {
    if (this.#isAt !== at) await this.#source.seek(at);
    const found = await this.#source.read(bytes);
    this.#isAt = at + found;
    if (found < bytes.length) throw this.#tooShort(this.#isAt);
  }

  /** The same memory again: garbage of a few megabytes a block would be as large as the file before it is collected. */
  #room(length: number): Uint8Array<ArrayBuffer> {
    if (this.#buffer.byteLength !== length) this.#buffer = new ArrayBuffer(length);
    return new Uint8Array(this.#buffer);
  }

  #tooShort(size: number): Failure {
    const { dtype, shape, end } = this.#place;
    return new Failure(
      `${this.name}: an array of ${dtype} of shape (${shape.join(', ')}) ends at byte ${end}, but the file at ${size}`,
    );
  }
}

const WHOLE: readonly Dtype[] = ['U8', 'I8', 'U16', 'I16', 'U32', 'I32', 'U64', 'I64'];
const OF_ROWS: readonly Dtype[] = ['F16', 'BF16', 'F32', 'F64', ...WHOLE];
const OF_LABELS: readonly Dtype[] = ['BOOL', 'F32', 'F64', ...WHOLE];

/** An array [N, D] as rows; one of [N] has one feature. */
export class DenseRows implements Rows {
  readonly nFeatures: number;
  readonly hasLabels: boolean;
  readonly #dense: Dense;
  readonly #labels: Labels | undefined;
  readonly #atOnce: number;

  constructor(source: ByteSource, place: Place, labels?: Labels) {
    if (!OF_ROWS.includes(place.dtype)) throw new Failure(`${source.name}: values of type ${place.dtype} are no rows`);
    this.#dense = new Dense(source, place);
    this.#labels = labels;
    this.hasLabels = labels !== undefined;
    this.nFeatures = this.#dense.width;
    if (place.shape.length > 2 || place.shape.length === 0 || this.nFeatures === 0) {
      throw new Failure(`${source.name}: the array has the shape (${place.shape.join(', ')}), but rows are (N, D)`);
    }
    this.#atOnce = Math.max(1, Math.floor(BLOCK_BYTES / this.#dense.rowBytes));
  }

  get name(): string {
    return this.#dense.name;
  }

  get nRows(): number {
    return this.#dense.nRows;
  }

  get labelsName(): string {
    return this.#labels?.name ?? this.name;
  }

  get bytesRead(): number {
    return this.#dense.bytesRead;
  }

  get bytes(): number {
    return this.#dense.bytes;
  }

  async skip(rows: number): Promise<void> {
    this.#dense.skip(rows);
    await this.#labels?.skip(rows);
  }

  async next(): Promise<Block | undefined> {
    const tensor = await this.#dense.next(this.#atOnce);
    const [rows = 0] = tensor.shape;
    if (rows === 0) {
      await checkEnd(this.#labels, this.name);
      return undefined;
    }
    return { rows, x: toFloats(tensor), labels: await this.#labels?.next(rows) };
  }

  async close(): Promise<void> {
    await this.#dense.close();
    await this.#labels?.close();
  }
}

/** An array [N] or [N, 1] as labels. */
export class DenseLabels implements Labels {
  readonly #dense: Dense;
  readonly #names: readonly string[] | undefined;

  /** @param names what the numbers stand for, in a file that says it */
  constructor(source: ByteSource, place: Place, names?: readonly string[]) {
    const { dtype, shape } = place;
    this.#names = names;
    if (shape.length === 0 || shape.slice(1).some((size) => size !== 1) || !OF_LABELS.includes(dtype)) {
      throw new Failure(
        `${source.name}: an array of ${dtype} of shape (${shape.join(', ')}) is no list of labels: one integer a row`,
      );
    }
    this.#dense = new Dense(source, place);
  }

  get name(): string {
    return this.#dense.name;
  }

  get nRows(): number {
    return this.#dense.nRows;
  }

  get bytesRead(): number {
    return this.#dense.bytesRead;
  }

  get bytes(): number {
    return this.#dense.bytes;
  }

  async skip(rows: number): Promise<void> {
    this.#dense.skip(rows);
  }

  async next(rows: number): Promise<RawLabels> {
    const { data } = await this.#dense.next(rows);
    return this.#names ? Array.from(data as ArrayLike<number | bigint>, (label) => this.#nameOf(label)) : data;
  }

  close(): Promise<void> {
    return this.#dense.close();
  }

  #nameOf(label: number | bigint): string {
    const names = this.#names ?? [];
    // As a CSV has rows of no class.
    const name = label < 0 ? '' : names[Number(label)];
    if (name !== undefined) return name;
    throw new Failure(`${this.name}: there is the label ${label}, but the file has names for ${names.length} classes`);
  }
}
