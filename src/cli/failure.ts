import { CenterLossError } from '../index.js';
import { printable } from '../validate/errors.js';

export { printable, quoted } from '../validate/errors.js';

/** Failure that a message explains to the caller of the command; the process ends with 1. */
export class Failure extends Error {}

/** Command line that cannot be run as given; the process ends with 2. */
export class UsageFailure extends Error {}

/** Turns an error of the package or of the operating system into a failure that names the file it comes from. */
export function failureIn(place: string, error: unknown): unknown {
  if (error instanceof CenterLossError) {
    // The command line has options in place of these options of functions.
    const message = error.message
      .replace('{ tensor }', '--model-tensor')
      .replace("{ dtype: 'BF16' }", '--dtype bfloat16');
    return new Failure(`${place}: ${message}`, { cause: error });
  }
  if (isSystemError(error)) return new Failure(`${place}: ${reasonOf(error)}`, { cause: error });
  return error;
}

/** Runs `act`; an error names the file at `place`. */
export async function inFile<T>(place: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw failureIn(place, error);
  }
}

export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'is a directory, not a file',
  ENOTDIR: 'a part of its path is not a directory',
  ENOSPC: 'no space is left on the device',
};

const reasonOf = ({ code = '', message }: NodeJS.ErrnoException): string => REASONS[code] ?? message;

/** Makes lines of text fit for a terminal. */
export const linesPrintable = (text: string): string => text.split('\n').map(printable).join('\n');

/** Characters of a line on standard error: a path and the names of columns may be as long as the system lets them be. */
const MAX_LINE = 2000;

/** Writes a line on standard error, short and fit for a terminal. */
export function tell(text: string): void {
  process.stderr.write(`${printable(text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text)}\n`);
}

const noted = new Set<string>();

/** Tells on standard error what a command did with a file that the reader may not expect; the same text once. */
export function note(place: string, text: string): void {
  const line = `note: ${place}: ${text}`;
  if (noted.has(line)) return;
  noted.add(line);
  tell(line);
}
