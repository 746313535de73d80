import { openBytes } from './byte-source.js';
import { Failure, inFile } from './failure.js';

const CHUNK = 2 ** 20;
/** What has centers fits in memory several times; embeddings may not, and are not read whole. */
export const LARGEST_WHOLE = 2 ** 30;

/** All bytes of a file or a pipe. */
export async function readWhole(path: string): Promise<Uint8Array> {
  const source = await openBytes(path);
  return inFile(source.name, async () => {
    try {
      const chunks: Uint8Array[] = [];
      for (let length = 0; ; ) {
        const chunk = new Uint8Array(source.size === undefined ? CHUNK : Math.max(1, source.size));
        const found = await source.read(chunk);
        length += found;
        if (length > LARGEST_WHOLE)
          throw new Failure(`${source.name}: more than ${LARGEST_WHOLE} bytes are no centers`);
        chunks.push(chunk.subarray(0, found));
        if (found < chunk.length || length === source.size) break;
      }
      return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    } finally {
      await source.close();
    }
  });
}
