import { printable } from './failure.js';

/** Value of a result, for people and for programs. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** Result of a command. */
export type Report = Readonly<Record<string, Value>>;

/** Prints a result: one line of JSON, or a table for people without the `hidden` values. */
export function print(report: Report, json: boolean | undefined, hidden: readonly string[] = []): void {
  // The escapes of JSON are what a terminal prints.
  process.stdout.write(json ? `${printable(JSON.stringify(report))}\n` : readable(report, hidden));
}

function readable(report: Report, hidden: readonly string[]): string {
  const entries = shownOf(report).filter(([name]) => !hidden.includes(name));
  const width = Math.max(...entries.map(([name]) => wordsOf(name).length));
  return entries.map(([name, value]) => `${printable(`${wordsOf(name).padEnd(width)}  ${textOf(value)}`)}\n`).join('');
}

/** Values that there is something to say about. */
export const shownOf = (report: Report): [name: string, value: Value][] =>
  Object.entries(report).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0));

/** Names of values that people write in another way. */
const NAMES: Readonly<Record<string, string>> = {
  correctAndAccepted: 'known rows right and accepted',
  rejectedKnown: 'known rows rejected',
  rejectedUnknown: 'unknown rows rejected',
  nearestCenters: 'distance of nearest centers',
  auroc: 'AUROC',
  auprIn: 'AUPR in',
  auprOut: 'AUPR out',
  fpr95: 'FPR at 95 % TPR',
  oscr: 'OSCR',
  autc: 'AUTC',
};

/** Writes the name of a value for people: camelCase becomes words. */
export const wordsOf = (name: string): string =>
  NAMES[name] ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Items of a list that a person is shown. */
const MAX_SHOWN = 8;

export function textOf(value: Value): string {
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) {
    const shown = value.slice(0, MAX_SHOWN).map(textOf).join(', ');
    return value.length > MAX_SHOWN ? `${shown}, … (${value.length} in all)` : shown;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, part]) => `${name} ${textOf(part)}`)
      .join(', ');
  }
  return String(value);
}

/** Writes whole numbers in full, others with five digits. */
export const numberText = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toLocaleString('en') : String(Number(value.toPrecision(5)));

/** Seconds since `started`, for a report. */
export const secondsSince = (started: number): number => Number(((performance.now() - started) / 1000).toFixed(2));

/** Divides counts; null where `of` is 0. */
export const share = (count: number, of: number): number | null => (of === 0 ? null : count / of);
