import { CenterLossError } from '../open-set.js';

/** What a command can't do, in words for the person who called it: the process ends with 1. */
export class Failure extends Error {}

/** A command that is not called as it should be: the process ends with 2. */
export class UsageFailure extends Error {}

/** An error of the package or of the operating system, said of the file that it comes from. */
export function failureIn(place: string, error: unknown): unknown {
  if (error instanceof CenterLossError) {
    // What is an option of a function there is one of the command line here.
    const message = error.message.replace('{ tensor }', '--model-tensor');
    return new Failure(`${place}: ${message}`, { cause: error });
  }
  if (isSystemError(error)) return new Failure(`${place}: ${reasonOf(error)}`, { cause: error });
  return error;
}

/** Runs what may fail because of a file. */
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
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'is a directory, not a file',
  ENOTDIR: 'lies in what is no directory',
  ENOSPC: 'no space is left on the device',
};

const reasonOf = ({ code = '', message }: NodeJS.ErrnoException): string => REASONS[code] ?? message;

/** A text that may have whatever is in a file, for a terminal: short, and without characters that steer it. */
export const printable = (text: string): string => {
  const shown = text.replaceAll(/[\p{Cc}\p{Cf}\ufffd]/gu, '?');
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
};

/** A text of a file or a command line, in quotes and never longer than a person reads. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
