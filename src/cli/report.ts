/** A value of a result, for people and for programs. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** The result of a command. */
export type Report = Readonly<Record<string, Value>>;

/** Prints a result: one line of JSON, or what a person reads, without what has its own place. */
export function print(report: Report, json: boolean | undefined, hidden: readonly string[] = []): void {
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : readable(report, hidden));
}

export function readable(report: Report, hidden: readonly string[] = []): string {
  const entries = Object.entries(report).filter(([name, value]) => !hidden.includes(name) && value !== null);
  const width = Math.max(...entries.map(([name]) => wordsOf(name).length));
  return entries.map(([name, value]) => `${wordsOf(name).padEnd(width)}  ${textOf(value)}\n`).join('');
}

/** camelCase as words. */
const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const MOST_SHOWN = 8;

export function textOf(value: Value): string {
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) {
    const shown = value.slice(0, MOST_SHOWN).map(textOf).join(', ');
    return value.length > MOST_SHOWN ? `${shown}, … (${value.length} in all)` : shown;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, part]) => `${name} ${textOf(part)}`)
      .join(', ');
  }
  return String(value);
}

/** Whole numbers in full, others with as many digits as say something. */
export const numberText = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toLocaleString('en') : String(Number(value.toPrecision(5)));

/** The fewest digits that are a float32 again. */
export function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number.isFinite(value) ? Number(value.toPrecision(9)) : value);
}

/** Seconds since a moment, for a report. */
export const secondsSince = (started: number): number => Number(((performance.now() - started) / 1000).toFixed(2));

/** A count as a share of another; null where there is nothing to share. */
export const share = (count: number, of: number): number | null => (of === 0 ? null : count / of);
