// What Python's own libraries write and refuse (see ../oracle/README.md).
import files from './files.json' with { type: 'json' };

/** Numbers as JSON has them: wide integers and non-finite values as strings. */
type Plain = number | boolean | string;

interface Case {
  readonly name: string;
  readonly base64: string;
}

export interface TensorsCase extends Case {
  readonly metadata: Record<string, string>;
  readonly tensors: Record<string, { dtype: string; shape: number[]; values: Plain[] }>;
}

export interface ArrayCase extends Case {
  readonly descr: string;
  readonly shape: number[];
  readonly values: Plain[];
  readonly ours: boolean;
}

export interface WrongCase extends Case {
  /** Whether the library refuses it as well. */
  readonly refused: boolean;
}

const oracle = files as unknown as {
  tensors: TensorsCase[];
  stateDicts: (Case & { shape: [number, number]; values: number[] })[];
  arrays: ArrayCase[];
  wrongTensors: WrongCase[];
  wrongArrays: WrongCase[];
};

export const { tensors, stateDicts, arrays, wrongTensors, wrongArrays } = oracle;

/** Not every runtime has `Uint8Array.fromBase64`. */
export const bytesOf = ({ base64 }: { readonly base64: string }): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** What the values should be, in an array like those that they came in. */
export function expected(values: readonly Plain[], like: ArrayLike<unknown>): unknown[] {
  const wide = like instanceof BigInt64Array || like instanceof BigUint64Array;
  return values.map((value) => (wide ? BigInt(value) : Number(value)));
}
