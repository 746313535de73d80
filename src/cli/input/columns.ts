// Columns of a CSV: which are rows, labels, ids. Nothing is guessed between two that are equally likely.
import { Failure, note, quoted } from '../failure.js';
import { isList, isMissing, isNumber } from './cells.js';

/** Options that name columns, each by its name or its number from 0. */
export interface ColumnOptions {
  readonly labelColumn?: string | undefined;
  /** Columns of the rows, with commas between them; `first..last` for a range. Default: all others. */
  readonly features?: string | undefined;
  /** Columns to leave out, as `features`. */
  readonly drop?: string | undefined;
  readonly idColumn?: string | undefined;
  /** True if the first line names the columns. Default: told by its cells. */
  readonly header?: boolean | undefined;
}

/** Place of the labels: a column here, another file, or nowhere. */
export type LabelPlace = 'here' | 'elsewhere' | 'nowhere';

/** Positions of columns; −1 for none. */
export interface Columns {
  readonly features: readonly number[];
  readonly label: number;
  readonly id: number;
  /** Columns without a name that must stay empty. */
  readonly empty: readonly number[];
}

const NAMES_OF_LABELS = ['label', 'labels', 'target', 'targets', 'class'];
/** Numbers of rows, as pandas and R write them. */
const ROW_NUMBERS = /^(unnamed: \d+(\.\d+)*|index|)$/i;

/** Tells names that labels have; `y` beside `x` is a coordinate. */
export function isNameOfLabels(name: string, header: readonly string[]): boolean {
  const lower = name.toLowerCase();
  return NAMES_OF_LABELS.includes(lower) || (lower === 'y' && !header.some((other) => other.toLowerCase() === 'x'));
}

/**
 * Tells whether a first record names the columns. A record without any number does; columns may be called 0, 1, 2 …,
 * as pandas calls them.
 * @throws Failure for 0, 1, 2 … where the second record allows both
 */
export function isHeader(
  file: string,
  first: readonly string[],
  second: readonly string[] | undefined,
  options: ColumnOptions,
): boolean {
  if (options.header !== undefined) return options.header;
  const numbers = first.filter((text) => isNumber(text) || isList(text));
  if (numbers.length === 0) return true;
  const { labelColumn, idColumn, features, drop } = options;
  const wanted = [labelColumn, idColumn, ...listOf(features), ...listOf(drop)];
  if (wanted.some((name) => name !== undefined && !/^\d+$/.test(name) && first.includes(name))) return true;
  const isWord = (text: string) => !isNumber(text) && !isList(text) && !isMissing(text);
  const hasLabels = first.some((text) => NAMES_OF_LABELS.includes(text.toLowerCase()));
  if (hasLabels && numbers.every((text) => /^\d+$/.test(text))) return true;
  if (first.some((text, i) => isWord(text) && (isNumber(second?.[i] ?? '') || isList(second?.[i] ?? '')))) {
    note(file, 'the first line has words above numbers: it is taken for the names of the columns (--no-header if not)');
    return true;
  }
  const start = ROW_NUMBERS.test(first[0] as string) ? 1 : 0;
  if (!first.every((text, i) => text === `${i - start}` || isWord(text) || (start === 1 && i === 0))) return false;
  if (start === 1 || first.some((name) => isNameOfLabels(name, first))) return true;
  if (second === undefined) return false;
  const hasFraction = second.some(
    (text, i) => isNumber(first[i] ?? '') && !/^[+-]?\d+$/.test(text) && !isMissing(text),
  );
  if (numbers.length > 2 && hasFraction) {
    note(file, 'the first line, 0, 1, 2 …, is taken for the names of the columns (--no-header if it is a row)');
    return true;
  }
  throw new Failure(
    `${file}: the first line, ${quoted(first.join(','))}, may be names of columns or a row: say --header or --no-header`,
  );
}

const listOf = (names = ''): string[] =>
  names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/**
 * Finds the columns of rows, labels and ids.
 * @param header names of the columns, if they have any
 * @param sample a record of values
 * @throws Failure for a column that is not there, and for one that may be labels, an id or a feature
 */
export function findColumns(
  file: string,
  header: readonly string[] | undefined,
  sample: readonly string[],
  options: ColumnOptions,
  labels: LabelPlace,
): Columns {
  const names = header ?? sample.map(() => undefined);
  const named = (wanted: string) => findColumn(file, header, sample.length, wanted);
  const nameAt = (column: number) => quoted(names[column] ?? `${column}`);
  const chosen = options.features === undefined ? undefined : columnsOf(options.features, header, named);
  const dropped = new Set(columnsOf(options.drop, header, named));
  const id = options.idColumn === undefined ? -1 : named(options.idColumn);
  const isFree = (column: number) => !dropped.has(column) && column !== id && !chosen?.includes(column);

  const { labelColumn } = options;
  // With labels in another file, `labelColumn` is a column there. A column of that name here is not part of the rows.
  const isWanted = labelColumn !== undefined && labels !== 'nowhere';
  let label = -1;
  if (isWanted && labels === 'here') label = named(labelColumn);
  else if (isWanted && header?.includes(labelColumn)) label = header.indexOf(labelColumn);
  const candidates =
    labels === 'nowhere'
      ? []
      : [...names.keys()].filter(
          (column) => column !== label && isFree(column) && isNameOfLabels(names[column] ?? '-', header ?? []),
        );
  if (label < 0 && candidates.length === 1) label = candidates.pop() as number;
  if (candidates.length > 0 && !(chosen && label >= 0)) {
    const list = [...(label < 0 ? [] : [label]), ...candidates].map(nameAt).join(' and ');
    throw new Failure(
      `${file}: the columns ${list} may be labels: name the labels by --label-column, and leave the others out by --drop (or take them as features by --features)`,
    );
  }
  if (chosen?.length === 0) throw new Failure(`${file}: --features names no column: ${quoted(options.features ?? '')}`);
  if (chosen) {
    const twice = chosen.find((column) => column === label || column === id || dropped.has(column));
    if (twice === undefined) return { features: chosen, label, id, empty: [] };
    throw new Failure(`${file}: the column ${nameAt(twice)} is among --features, and named by another option, too`);
  }

  const isOther = (column: number) => column !== label && isFree(column);
  let first = 0;
  while (header && (!isOther(first) || ROW_NUMBERS.test(header[first] ?? '-')) && first < sample.length) {
    if (isOther(first)) {
      note(file, `the column ${nameAt(first)} has row numbers, and is left out (--features to use it)`);
      dropped.add(first);
    }
    first++;
  }
  const empty: number[] = [];
  for (let last = sample.length - 1; header?.[last] === '' && sample[last] === ''; last--) {
    empty.push(last);
    dropped.add(last);
  }
  if (empty.length > 0) note(file, `${empty.length} columns at the end have no name and no values, and are left out`);
  const features = [...names.keys()].filter(isOther);
  const asId = features.find((column) => /^(id|ids|uuid)$/i.test(names[column] ?? ''));
  if (asId !== undefined) {
    throw new Failure(
      `${file}: the column ${nameAt(asId)} looks like an id: keep it beside the results by --id-column, or leave it out by --drop (or take it as a feature by --features)`,
    );
  }
  if (features.length === 0) throw new Failure(`${file}: there is no column beside that of the labels`);
  return { features, label, id, empty };
}

function columnsOf(
  list: string | undefined,
  header: readonly string[] | undefined,
  named: (name: string) => number,
): number[] {
  return listOf(list).flatMap((item) => {
    const [from = '', to] = header?.includes(item) ? [item] : item.split('..');
    const first = named(from);
    return to === undefined ? first : Array.from({ length: Math.max(0, named(to) - first + 1) }, (_, i) => first + i);
  });
}

/** Finds a column by its name, or by its number from 0. @throws Failure if there is none, or more than one */
function findColumn(file: string, header: readonly string[] | undefined, nColumns: number, wanted: string): number {
  const named = header?.indexOf(wanted) ?? -1;
  if (named >= 0 && named !== header?.lastIndexOf(wanted)) {
    throw new Failure(`${file}: two columns are called ${quoted(wanted)}: name one by its number, from 0`);
  }
  if (named >= 0) return named;
  const column = /^\d+$/.test(wanted) ? Number(wanted) : -1;
  if (column >= 0 && column < nColumns) return column;
  const columns = header ? quoted(header.join(', ')) : `${nColumns} without names`;
  throw new Failure(`${file}: there is no column ${quoted(wanted)} among its columns, ${columns}`);
}

/** Finds the column of labels in a file of labels; −1 where it is not clear. */
export function findLabels(
  file: string,
  header: readonly string[] | undefined,
  nColumns: number,
  wanted?: string,
): number {
  if (wanted !== undefined) return findColumn(file, header, nColumns, wanted);
  const all = Array.from({ length: nColumns }, (_, column) => column);
  const named = all.filter((column) => isNameOfLabels(header?.[column] ?? '-', header ?? []));
  if (named.length > 1) {
    const list = named.map((column) => quoted(header?.[column] ?? '')).join(' and ');
    throw new Failure(`${file}: the columns ${list} may be labels: name one by --label-column`);
  }
  const rest = all.filter((column) => !ROW_NUMBERS.test(header?.[column] ?? '-'));
  return named[0] ?? (rest.length === 1 ? (rest[0] as number) : -1);
}
