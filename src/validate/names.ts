import { show } from './checks.js';
import { CenterLossError, quoted } from './errors.js';

/**
 * Checks names of classes and copies them, unless they cannot change.
 * @param nClasses default: as many as there are names
 * @throws CenterLossError `ERR_SHAPE` unless there is one name a class; `ERR_OPTION` for a name that is not a string, is
 * half a surrogate pair or occurs twice
 */
export function checkNames(names: readonly string[] | undefined, nClasses?: number): readonly string[] | undefined {
  if (names === undefined) return undefined;
  if (!Array.isArray(names) || names.length !== (nClasses ?? names.length)) {
    const given = Array.isArray(names) ? `${names.length} names` : show(names);
    throw new CenterLossError(
      'ERR_SHAPE',
      `names must be an array of ${nClasses ?? 'different'} strings, one for each class, got ${given}`,
    );
  }
  const problem = problemOfNames(names);
  if (problem) throw new CenterLossError('ERR_OPTION', `names${problem}`);
  return Object.isFrozen(names) ? names : Object.freeze([...names]);
}

/** Says what is wrong with names that are not text or not all different; undefined if they are right. */
export function problemOfNames(names: readonly unknown[]): string | undefined {
  const seen = new Map<unknown, number>();
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const problem = problemOfName(name);
    if (problem) return `[${i}] ${problem}`;
    const first = seen.get(name);
    if (first !== undefined) return `[${first}] and names[${i}] are both ${quoted(name as string)}`;
    seen.set(name, i);
  }
  return undefined;
}

function problemOfName(name: unknown): string | undefined {
  if (typeof name !== 'string') return `is not a string, but of type ${name === null ? 'null' : typeof name}`;
  return isWellFormed(name) ? undefined : `is ${quoted(name)}, with half a surrogate pair`;
}

/** `isWellFormed` of strings, which Node has from version 20 on and the library of our target does not declare. */
export const isWellFormed = (text: string): boolean => !/[\ud800-\udfff]/u.test(text);

/** Names of classes, as far as these functions ask. */
interface NameSet {
  has(name: string): boolean;
  keys(): Iterable<string>;
}

/** @throws CenterLossError `ERR_OPTION` unless `name` is text; `ERR_LABEL` for that of a class */
export function checkNewName(name: string, classes: NameSet): void {
  const problem = problemOfName(name);
  if (problem) throw new CenterLossError('ERR_OPTION', `the name of a class ${problem}`);
  if (classes.has(name)) throw new CenterLossError('ERR_LABEL', `there is a class ${quoted(name)} already`);
}

/** Error of a name that no class has. */
export const noClass = (name: unknown, classes: NameSet): CenterLossError =>
  new CenterLossError('ERR_LABEL', `there is no class ${show(name)}; the classes are ${listed([...classes.keys()])}`);

/** Names that a message lists. */
const MAX_LISTED = 20;

/** Lists names for a message. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map(quoted).join(', ');
  const more = names.length - MAX_LISTED;
  return more > 0 ? `${shown} and ${more} more` : shown || 'none';
}

const indices = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/** Class of each name. The names must never change, since the result is kept. */
export function classIndex(names: readonly string[]): ReadonlyMap<string, number> {
  let index = indices.get(names);
  if (!index) {
    index = new Map(names.map((name, j) => [name, j]));
    indices.set(names, index);
  }
  return index;
}

/** Name of a class, its number where classes have no names, or null for a class below 0. */
export const nameOf = (names: readonly string[] | undefined, label: number): string | null =>
  label < 0 ? null : (names?.[label] ?? String(label));
