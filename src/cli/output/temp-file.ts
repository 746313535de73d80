import { rmSync, type Stats } from 'node:fs';
import { access, constants, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, failureIn } from '../failure.js';
import { PIPE } from '../input/byte-source.js';

/** File that is written beside its destination. */
export interface TempFile {
  readonly file: FileHandle;
  /** Moves the file to its destination, whole even if the machine stops meanwhile. */
  finish(): Promise<void>;
  /** Removes the file. */
  abort(): Promise<void>;
}

/** Files of this process that are of no use after it. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const path of unfinished) rmSync(path, { force: true });
});

/** Finds the file that is at a destination already; undefined without one. @throws Failure for a directory */
async function existingAt(path: string): Promise<Stats | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new Failure(`${path}: is a directory, not a file`);
  return found;
}

/** @throws Failure if the file cannot be made */
export async function openTempFile(path: string): Promise<TempFile> {
  const found = await existingAt(path);
  // A device or a named pipe is written to, not replaced by a file. Nor is a link, but the file that it points to.
  const isFile = found?.isFile() ?? true;
  const destination = isFile && found ? await realpath(path) : path;
  const temporary = isFile ? `${destination}.${process.pid}.part` : path;
  const attempt = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw failureIn(path, error);
    }
  };
  const file = await attempt(() => open(temporary, 'w', found ? found.mode & 0o777 : undefined));
  if (isFile) unfinished.add(temporary);
  // The umask may have taken rights that the file had before.
  if (isFile && found) await file.chmod(found.mode & 0o777).catch(() => {});
  const abort = async () => {
    await file.close().catch(() => {});
    if (isFile) await rm(temporary, { force: true });
  };
  const finish = async () => {
    if (isFile) await file.sync();
    await file.close();
    if (isFile) await rename(temporary, destination);
    unfinished.delete(temporary);
  };
  return { file, abort, finish: () => attempt(finish) };
}

export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = await openTempFile(path);
  try {
    await temporary.file.writeFile(bytes);
    await temporary.finish();
  } catch (error) {
    await temporary.abort();
    throw failureIn(path, error);
  }
}

/** Checks, before much work is done for a file, that it can be made at all. @throws Failure */
export async function checkWritable(path: string): Promise<void> {
  if (path === PIPE) return;
  await existingAt(path);
  await access(dirname(path), constants.W_OK).catch((error) => {
    throw failureIn(path, error);
  });
}
