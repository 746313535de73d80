// Base64 in every runtime: by `Uint8Array` itself where it can, by Node's `Buffer`, or by `btoa` and `atob`.
import { CenterLossError } from '../validate/errors.js';
import { newBytes } from './bytes.js';
import { formatError } from './errors.js';

/** Methods of `Uint8Array` that not every runtime has. */
interface Base64Methods {
  readonly toBase64?: () => string;
}

interface Base64Statics {
  readonly fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
}

interface NodeBuffer {
  from(bytes: ArrayBufferLike, start: number, length: number): { toString(encoding: 'base64'): string };
  from(text: string, encoding: 'base64'): Uint8Array;
}

/** `Buffer`, read as a property: bundlers put a polyfill where they see the bare name. */
const nodeBuffer = (): NodeBuffer | undefined => (globalThis as { readonly Buffer?: NodeBuffer }).Buffer;

/** Bytes that `String.fromCharCode` takes as arguments at once: some engines allow about 2¹⁶. */
const CHUNK_BYTES = 2 ** 15;

/** @throws CenterLossError `ERR_OUT_OF_MEMORY` where the text is longer than a string can be */
export function toBase64(bytes: Uint8Array): string {
  try {
    const { toBase64 } = bytes as Base64Methods;
    if (toBase64) return toBase64.call(bytes);
    const buffer = nodeBuffer();
    if (buffer) return buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
    const parts: string[] = [];
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
      parts.push(String.fromCharCode(...bytes.subarray(start, start + CHUNK_BYTES)));
    }
    return btoa(parts.join(''));
  } catch (cause) {
    throw new CenterLossError('ERR_OUT_OF_MEMORY', `cannot write ${bytes.length} bytes as base64`, { cause });
  }
}

/**
 * Decodes base64 with padding and without white space. The text is checked first: `Buffer` skips what is not base64.
 * @throws CenterLossError `ERR_FORMAT`, `ERR_OUT_OF_MEMORY`
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw formatError(
      `base64 must be groups of 4 characters out of A-Z, a-z, 0-9, + and /, got ${text.length} characters that are not`,
    );
  }
  const { fromBase64 } = Uint8Array as Base64Statics;
  if (fromBase64) return fromBase64.call(Uint8Array, text);
  const buffer = nodeBuffer();
  // A copy: memory of a small Buffer is shared with others.
  if (buffer) return new Uint8Array(buffer.from(text, 'base64'));
  const characters = atob(text);
  const bytes = newBytes(characters.length, 'base64');
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
