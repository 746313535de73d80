import { grouped } from './allocate.js';
import { isArray, show } from './checks.js';
import { CenterLossError, quoted } from './errors.js';

/** Most names that can be looked up: a `Map` of V8 holds no more. */
const MAX_NAMES = 2 ** 24;

/**
 * Checks names of classes and copies them, unless they cannot change.
 * @param nClasses default: as many as there are names
 * @throws CenterLossError `ERR_SHAPE` unless there is one name a class; `ERR_OPTION` for a name that is not a string, is
 * half a surrogate pair or occurs twice
 */
export function checkNames(names: readonly string[] | undefined, nClasses?: number): readonly string[] | undefined {
  if (names === undefined) return undefined;
  if (!isArray(names) || names.length !== (nClasses ?? names.length)) {
    const given = isArray(names) ? `${names.length} names` : show(names);
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
  if (names.length > MAX_NAMES) return tooMany(names.length);
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

/**
 * Names of classes that come and go; classes without names are called by their numbers. A look-up or a change takes the
 * same time, however many classes there are. The first one indexes all names.
 */
export class Names {
  /** Names as they were given, or copied after a change; undefined without names, and after a change. */
  private _list: readonly string[] | undefined;
  /** Number of classes before the first change. */
  private readonly _count: number;
  /** Names by class and classes by name, made at the first look-up. */
  private _index: { readonly names: string[]; readonly classes: Map<string, number> } | undefined;
  private _hasChanged = false;

  /** @param given checked names, which never change; undefined without names */
  constructor(given: readonly string[] | undefined, count: number) {
    this._list = given;
    this._count = count;
  }

  /** Names, if there are any; a frozen array, another one after a change. */
  get list(): readonly string[] | undefined {
    if (this._hasChanged) this._list ??= Object.freeze([...this._indexed().names]);
    return this._list;
  }

  /** Name of a class, as {@link nameOf}. */
  at(label: number): string | null {
    return nameOf(this._index?.names ?? this._list, label);
  }

  /** @throws CenterLossError `ERR_LABEL` for a name that no class has */
  find(name: string): number {
    const { names, classes } = this._indexed();
    const found = classes.get(name);
    if (found !== undefined) return found;
    throw new CenterLossError('ERR_LABEL', `there is no class ${show(name)}; the classes are ${listed(names)}`);
  }

  /** @throws CenterLossError `ERR_OPTION` unless `name` is text; `ERR_LABEL` for that of a class; `ERR_OUT_OF_MEMORY` */
  checkNew(name: string): void {
    const problem = problemOfName(name);
    if (problem) throw new CenterLossError('ERR_OPTION', `the name of a class ${problem}`);
    const { classes } = this._indexed();
    if (classes.has(name)) throw new CenterLossError('ERR_LABEL', `there is a class ${quoted(name)} already`);
    checkLookUp(classes.size + 1);
  }

  /** Adds a class with a name that {@link checkNew} accepts. */
  add(name: string): void {
    const { names, classes } = this._changing();
    classes.set(name, names.push(name) - 1);
  }

  /** Gives a class a name that {@link checkNew} accepts. */
  rename(label: number, to: string): void {
    const { names, classes } = this._changing();
    classes.delete(names[label] as string);
    classes.set(to, label);
    names[label] = to;
  }

  /** Removes a class. The last class takes its number. */
  remove(label: number): void {
    const { names, classes } = this._changing();
    classes.delete(names[label] as string);
    const last = names.pop() as string;
    if (label === names.length) return;
    names[label] = last;
    classes.set(last, label);
  }

  private _indexed() {
    if (!this._index) {
      checkLookUp(this._count);
      const names = this._list ? [...this._list] : Array.from({ length: this._count }, (_, label) => String(label));
      this._index = { names, classes: new Map(names.map((name, label) => [name, label])) };
    }
    return this._index;
  }

  private _changing() {
    const index = this._indexed();
    this._hasChanged = true;
    this._list = undefined;
    return index;
  }
}

/** Name of a class, its number where classes have no names, or null for a class below 0. */
export const nameOf = (names: readonly string[] | undefined, label: number): string | null =>
  label < 0 ? null : (names?.[label] ?? String(label));

/** Lists the name that `nameAt` gives each label. */
export function namesOf(labels: Int32Array, nameAt: (label: number) => string | null): (string | null)[] {
  const names = new Array<string | null>(labels.length);
  for (let i = 0; i < names.length; i++) names[i] = nameAt(labels[i] as number);
  return names;
}

/** @throws CenterLossError `ERR_OUT_OF_MEMORY` for more names than can be looked up */
function checkLookUp(count: number): void {
  if (count > MAX_NAMES) throw new CenterLossError('ERR_OUT_OF_MEMORY', `names${tooMany(count)}`);
}

const tooMany = (count: number): string =>
  ` of ${grouped(count)} classes; at most ${grouped(MAX_NAMES)} can be looked up`;

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
