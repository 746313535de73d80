import { isWellFormed } from '../validate/names.js';
import type { Cursor } from './cursor.js';
import { formatError, quoted } from './errors.js';

/**
 * What a JSON string says.
 * @throws CenterLossError `ERR_FORMAT` unless there is one next, and for one that has no form in UTF-8
 */
export function parseString(at: Cursor): string {
  const json = at.quotation('"');
  let text: string;
  try {
    text = JSON.parse(json);
  } catch (cause) {
    throw formatError(`${quoted(json)} is no JSON string`, { cause });
  }
  if (!isWellFormed(text)) throw formatError(`${quoted(json)} has half of a surrogate pair`);
  return text;
}
