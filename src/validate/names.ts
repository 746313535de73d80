import { CenterLossError, quoted } from './errors.js';

/**
 * Checks names of classes.
 * @throws CenterLossError `ERR_SHAPE` unless there is one name a class; `ERR_OPTION` for a name that is not a string, is
 * half a surrogate pair or occurs twice
 */
export function checkNames(names: readonly string[], nClasses: number): void {
  if (!Array.isArray(names) || names.length !== nClasses) {
    const given = Array.isArray(names) ? `${names.length} names` : String(names);
    throw new CenterLossError(
      'ERR_SHAPE',
      `names must be an array of ${nClasses} strings, one for each class, got ${given}`,
    );
  }
  const problem = problemOfNames(names);
  if (problem) throw new CenterLossError('ERR_OPTION', `names${problem}`);
}

/** Says what is wrong with names that are not text or not all different; undefined if they are right. */
export function problemOfNames(names: readonly unknown[]): string | undefined {
  const seen = new Map<string, number>();
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (typeof name !== 'string') return `[${i}] is not a string, but of type ${typeof name}`;
    if (!isWellFormed(name)) return `[${i}] is ${quoted(name)}, with half a surrogate pair`;
    const first = seen.get(name);
    if (first !== undefined) return `[${first}] and names[${i}] are both ${quoted(name)}`;
    seen.set(name, i);
  }
  return undefined;
}

/** `isWellFormed` of strings, which Node has from version 20 on and the library of our target does not declare. */
export const isWellFormed = (text: string): boolean => !/[\ud800-\udfff]/u.test(text);
