// Cells of a CSV, as programs write numbers, gaps and lists.

const NOT_A_NUMBER = /^[+-]?nan$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;
const DECIMAL_COMMA = /^[+-]?\d*,\d+(e[+-]?\d+)?$/i;
const LIST = /^\[.*\]$/s;

/** Tells integers, also in a column of floats: pandas makes one of integers with a gap, `np.savetxt` of any. */
export const isInteger = (text: string): boolean => /^[+-]?\d/.test(text) && Number.isInteger(numberOf(text));

/** Gap in a column, as pandas, R, SQL, Python and Weka write it. */
export const isMissing = (text: string): boolean => /^([+-]?nan|<?na>?|#?n\/a|null|nil|none|\?)?$/i.test(text);

/** Reads a number as programs write it, also `inf`; NaN for anything else. */
export function numberOf(text: string): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (!Number.isNaN(value)) return /^[+-]?0[xob]/i.test(text) ? Number.NaN : value;
  const [isInfinite, sign] = INFINITE.exec(text) ?? [];
  if (isInfinite) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number.NaN;
}

export const isNumber = (text: string): boolean => !Number.isNaN(numberOf(text)) || NOT_A_NUMBER.test(text);

export const hasDecimalComma = (text: string): boolean => DECIMAL_COMMA.test(text);

/** Tells a cell with a whole row, `[0.1, 0.2]` of JSON or `[0.1 0.2]` of numpy. */
export const isList = (text: string): boolean => LIST.test(text);

export const itemsOf = (list: string): string[] =>
  list
    .slice(1, -1)
    .split(/[\s,]+/)
    .filter((item) => item !== '');
