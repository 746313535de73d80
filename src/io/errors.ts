import { CenterLossError } from '../core.js';

const LONGEST_SHOWN = 60;

/** What a file says, for a message: never longer than a person reads. */
export function quoted(text: string): string {
  const shown = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return JSON.stringify(shown);
}

export const formatError = (message: string, options?: ErrorOptions): CenterLossError =>
  new CenterLossError('ERR_FORMAT', message, options);
