import type { Tensor } from '../../index.js';
import { byteLengthOf, type Dtype } from '../../io/dtypes.js';
import { decodeNames, orderedValues } from '../../io/npy.js';
import type { NpyLayout } from '../../io/npy-header.js';
import { toFloats } from '../../io/tensor.js';
import { Failure } from '../failure.js';
import type { ByteSource } from './byte-source.js';
import { BLOCK_BYTES, type LabelReader, MAX_ROW_VALUES, type RawLabels, type RowReader } from './rows.js';

/** Type, shape and position of an array in a file. */
export interface ArrayLocation {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte of the values, and the first after them. */
  readonly start: number;
  readonly end: number;
  readonly bigEndian?: boolean;
  readonly fortranOrder?: boolean;
}

/** Reader of an array, some rows at a time. */
class ArrayReader {
  readonly name: string;
  readonly nRows: number;
  readonly width: number;
  readonly bytes: number;
  readonly #source: ByteSource;
  readonly #location: ArrayLocation;
  readonly rowBytes: number;
  readonly #valueBytes: number;
  #buffer = new ArrayBuffer(0);
  #row = 0;
  #isAt = -1;

  constructor(source: ByteSource, location: ArrayLocation, isRows: boolean) {
    // An array (D) of rows is one row.
    const [nRows = 0, width = 1] = isRows && location.shape.length === 1 ? [1, ...location.shape] : location.shape;
    this.name = source.name;
    this.nRows = nRows;
    this.width = width;
    this.#source = source;
    this.#location = location;
    this.#valueBytes = byteLengthOf(location.dtype, [1]);
    this.rowBytes = this.#valueBytes * width;
    this.bytes = location.end - location.start;
    if (width > MAX_ROW_VALUES) {
      throw new Failure(`${source.name}: rows of ${width} values; more than ${MAX_ROW_VALUES} are not read`);
    }
    const { size } = source;
    if (size !== undefined && size < location.end) throw this.#tooShort(size);
  }

  get bytesRead(): number {
    return this.#row * this.rowBytes;
  }

  async skip(rows: number): Promise<void> {
    this.#row = Math.min(this.nRows, this.#row + rows);
  }

  /** Reads the next rows; fewer than `most` only at the end. */
  protected async read(most: number): Promise<Tensor> {
    const rows = Math.min(most, this.nRows - this.#row);
    const { dtype, bigEndian = false } = this.#location;
    const shape = [rows, this.width];
    const bytes = this.#isByColumns ? await this.#columns(rows) : await this.#contiguous(rows);
    this.#row += rows;
    return { dtype, shape, data: orderedValues(dtype, bytes, shape, { bigEndian, fortranOrder: this.#isByColumns }) };
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  get #isByColumns(): boolean {
    return this.#location.fortranOrder === true && this.width > 1 && this.nRows > 1;
  }

  async #contiguous(rows: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.#bufferOf(rows * this.rowBytes);
    await this.#fill(bytes, this.#location.start + this.#row * this.rowBytes);
    return bytes;
  }

  async #columns(rows: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.#bufferOf(rows * this.rowBytes);
    const length = rows * this.#valueBytes;
    for (let column = 0; column < this.width; column++) {
      const at = this.#location.start + (column * this.nRows + this.#row) * this.#valueBytes;
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

  /** Reuses memory from block to block: the garbage of all blocks would be as large as the file. */
  #bufferOf(length: number): Uint8Array<ArrayBuffer> {
    if (this.#buffer.byteLength !== length) this.#buffer = new ArrayBuffer(length);
    return new Uint8Array(this.#buffer);
  }

  #tooShort(size: number): Failure {
    const { dtype, shape, end } = this.#location;
    return new Failure(
      `${this.name}: an array of ${dtype} of shape (${shape.join(', ')}) ends at byte ${end}, but the file at ${size}`,
    );
  }
}

const INTEGERS: readonly Dtype[] = ['U8', 'I8', 'U16', 'I16', 'U32', 'I32', 'U64', 'I64'];
const ROW_TYPES: readonly Dtype[] = ['BOOL', 'F16', 'BF16', 'F32', 'F64', ...INTEGERS];
const LABEL_TYPES: readonly Dtype[] = ['BOOL', 'F32', 'F64', ...INTEGERS];

/** Reader of rows in an array [N, D]; an array [D] is one row. */
export class DenseRows extends ArrayReader implements RowReader {
  readonly nDim: number;
  readonly hasLabels = false;
  readonly #atOnce: number;

  constructor(source: ByteSource, location: ArrayLocation) {
    super(source, location, true);
    const { dtype, shape } = location;
    if (!ROW_TYPES.includes(dtype)) throw new Failure(`${source.name}: values of type ${dtype} are not read as rows`);
    this.nDim = this.width;
    if (shape.length > 2 || shape.length === 0 || this.nDim === 0) {
      throw new Failure(
        `${source.name}: the array has the shape (${shape.join(', ')}); expected (N, D), or (D) for one row`,
      );
    }
    this.#atOnce = Math.max(1, Math.floor(BLOCK_BYTES / this.rowBytes));
  }

  async next(): Promise<{ x: Float32Array } | undefined> {
    const tensor = await this.read(this.#atOnce);
    return tensor.shape[0] === 0
      ? undefined
      : { x: toFloats(tensor.dtype === 'BOOL' ? { ...tensor, dtype: 'U8' } : tensor) };
  }
}

/** Reader of labels in an array [N] or [N, 1]. */
export class DenseLabels extends ArrayReader implements LabelReader {
  readonly #names: readonly string[] | undefined;

  /** @param names names of the classes, in a file that has them */
  constructor(source: ByteSource, location: ArrayLocation, names?: readonly string[]) {
    super(source, location, false);
    const { dtype, shape } = location;
    if (shape.length === 0 || shape.slice(1).some((size) => size !== 1) || !LABEL_TYPES.includes(dtype)) {
      throw new Failure(
        `${source.name}: an array of ${dtype} of shape (${shape.join(', ')}); expected labels: one integer for each row`,
      );
    }
    this.#names = names;
  }

  async next(rows: number): Promise<RawLabels> {
    const { data, dtype } = await this.read(rows);
    // The names are those that pandas writes in a CSV, so that both files make the same classes.
    if (dtype === 'BOOL') return Array.from(data as Uint8Array, (value) => (value ? 'True' : 'False'));
    return this.#names ? Array.from(data as ArrayLike<number | bigint>, (label) => this.#nameOf(label)) : data;
  }

  #nameOf(label: number | bigint): string {
    const names = this.#names ?? [];
    // A CSV has an empty label for a row of no class.
    const name = label < 0 ? '' : names[Number(label)];
    if (name !== undefined) return name;
    throw new Failure(`${this.name}: there is the label ${label}, but the file has names for ${names.length} classes`);
  }
}

/** Reader of labels in an array of strings, [N] or [N, 1]. */
export class DenseNames extends ArrayReader implements LabelReader {
  readonly #layout: NpyLayout;

  constructor(source: ByteSource, layout: NpyLayout) {
    const { shape } = layout;
    const [rows = 0, ...sizes] = shape;
    const textBytes = sizes.pop();
    if (textBytes === undefined || sizes.some((size) => size !== 1)) {
      throw new Failure(
        `${source.name}: an array of strings of shape (${shape.slice(0, -1).join(', ')}); expected one label for each row`,
      );
    }
    super(source, { ...layout, shape: [rows, textBytes], bigEndian: false, fortranOrder: false }, false);
    this.#layout = layout;
  }

  async next(rows: number): Promise<RawLabels> {
    const { characterBytes = 1, bigEndian } = this.#layout;
    const atOnce = Math.ceil(BLOCK_BYTES / this.rowBytes);
    const names: string[] = [];
    for (let most = Math.min(rows, atOnce); most > 0; most = Math.min(rows - names.length, atOnce)) {
      const { data, shape } = await this.read(most);
      const found = shape[0] as number;
      for (const name of decodeNames(data as Uint8Array, found, this.width, characterBytes, bigEndian))
        names.push(name);
      if (found < most) break;
    }
    return names;
  }
}
