import { isWellFormed } from '../validate/names.js';
import type { Cursor } from './cursor.js';
import { formatError, quoted } from './errors.js';

/**
 * Reads a JSON string.
 * @throws CenterLossError `ERR_FORMAT` unless one comes next, and for half a surrogate pair
 */
export function parseString(at: Cursor): string {
  const json = at.quotation('"');
  let text: string;
  try {
    text = JSON.parse(json);
  } catch (cause) {
    throw formatError(`${quoted(json)} is not a JSON string`, { cause });
  }
  if (!isWellFormed(text)) throw formatError(`${quoted(json)} has half of a surrogate pair`);
  return text;
}
