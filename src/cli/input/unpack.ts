// Files inside other files: gzip as a stream, zip in memory.
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { unzipSync } from 'fflate';
import { Failure } from '../failure.js';

/** Most bytes of a file that is read as a whole, and of the arrays in an .npz. */
export const MAX_WHOLE_BYTES = 2 ** 30;

/** Unpacks a stream of gzip, whose memory does not depend on its length. */
export function gunzipped(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
): NodeJS.ReadableStream & { destroy(): unknown } {
  const gunzip = createGunzip();
  const input = Readable.from(bytes);
  input.on('error', (error) => gunzip.destroy(error));
  const output = input.pipe(gunzip);
  return Readable.from(
    (async function* () {
      try {
        yield* output;
      } catch (error) {
        if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
        throw new Failure(`${name}: cannot be unpacked: ${(error as Error).message}`, { cause: error });
      } finally {
        input.destroy();
      }
    })(),
  );
}

/** Most bytes that a packed byte becomes: 258 for 2 bits. */
const MAX_RATIO = 1032;

/** Unpacks the arrays of an .npz file, by their names. @throws Failure if they take more than `MAX_WHOLE_BYTES` */
export function arraysIn(npz: Uint8Array, name: string): Record<string, Uint8Array> {
  let bytes = 0;
  const filter = (file: { name: string; size: number; originalSize: number }): boolean => {
    if (!file.name.endsWith('.npy')) return false;
    bytes += file.originalSize;
    if (bytes > MAX_WHOLE_BYTES) {
      throw new Failure(`${name}: its arrays take more than ${MAX_WHOLE_BYTES} bytes: save one alone by np.save`);
    }
    if (file.originalSize > MAX_RATIO * Math.min(file.size, npz.length)) {
      throw new Failure(`${name}: the archive is not whole: ${file.originalSize} bytes are said to be in ${file.size}`);
    }
    return true;
  };
  try {
    const files = unzipSync(npz, { filter });
    return Object.fromEntries(Object.entries(files).map(([file, array]) => [file.slice(0, -'.npy'.length), array]));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${name}: the archive is not whole: ${(error as Error).message}`, { cause: error });
  }
}
