import { Failure, inFile } from '../failure.js';
import { openBytes } from './byte-source.js';

const CHUNK_BYTES = 2 ** 20;
/** Most bytes of a file of centers: such a file fits in memory several times. Embeddings are not read whole. */
const MAX_BYTES = 2 ** 30;

/** Reads all bytes of a file or of a pipe. */
export async function readWhole(path: string): Promise<Uint8Array> {
  const source = await openBytes(path);
  return inFile(source.name, async () => {
    try {
      const chunks: Uint8Array[] = [];
      for (let length = 0; ; ) {
        const chunk = new Uint8Array(source.size === undefined ? CHUNK_BYTES : Math.max(1, source.size));
        const found = await source.read(chunk);
        length += found;
        if (length > MAX_BYTES) {
          throw new Failure(`${source.name}: expected centers of at most ${MAX_BYTES} bytes, got more`);
        }
        chunks.push(chunk.subarray(0, found));
        if (found < chunk.length || length === source.size) break;
      }
      return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    } finally {
      await source.close();
    }
  });
}
