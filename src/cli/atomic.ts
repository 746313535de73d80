import { rmSync, type Stats } from 'node:fs';
import { access, constants, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PIPE } from './byte-source.js';
import { Failure, failureIn } from './failure.js';

/** A file that is being written, beside the place where it is to be. */
export interface Part {
  readonly file: FileHandle;
  /** Puts it there, whole, also if the machine stops meanwhile. */
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

/** Parts of this process, which are of no use after it. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const part of unfinished) rmSync(part, { force: true });
});

/** What stands where a file is to be; undefined for nothing. @throws Failure for a directory */
async function standingAt(path: string): Promise<Stats | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new Failure(`${path}: is a directory, not a file`);
  return found;
}

/** @throws Failure if the file can't be made */
export async function openPart(path: string): Promise<Part> {
  const found = await standingAt(path);
  // A device or a named pipe is written to: it is not to be replaced by a file. Nor is a link, but what it leads to.
  const isFile = found?.isFile() ?? true;
  const place = isFile && found ? await realpath(path) : path;
  const part = isFile ? `${place}.${process.pid}.part` : path;
  const attempt = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw failureIn(path, error);
    }
  };
  const file = await attempt(() => open(part, 'w', found ? found.mode & 0o777 : undefined));
  if (isFile) unfinished.add(part);
  // Who may read the file before may do so after, and nobody else.
  if (isFile && found) await file.chmod(found.mode & 0o777).catch(() => {});
  const abort = async () => {
    await file.close().catch(() => {});
    if (isFile) await rm(part, { force: true });
  };
  const finish = async () => {
    if (isFile) await file.sync();
    await file.close();
    if (isFile) await rename(part, place);
    unfinished.delete(part);
  };
  return { file, abort, finish: () => attempt(finish) };
}

export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const part = await openPart(path);
  try {
    await part.file.writeFile(bytes);
    await part.finish();
  } catch (error) {
    await part.abort();
    throw failureIn(path, error);
  }
}

/** Before much work is done for a file: whether it can be made at all. */
export async function checkWritable(path: string): Promise<void> {
  if (path === PIPE) return;
  await standingAt(path);
  await access(dirname(path), constants.W_OK).catch((error) => {
    throw failureIn(path, error);
  });
}
