// @ts-check
// Tables for the terminal, the report and the documentation.

/** @import { Result, Row, Spread } from './types.js' */

/** Three digits, or two below a tenth. @param {number} value */
const digits = (value) => {
  if (value >= 99.95) return Math.round(value).toLocaleString('en');
  return value >= 0.0995 ? value.toFixed(value >= 9.995 ? 1 : 2) : value.toPrecision(2);
};

/** @param {number} ns */
export function duration(ns) {
  if (ns < 999.5) return `${digits(ns)} ns`;
  if (ns < 999_500) return `${digits(ns / 1e3)} µs`;
  return `${digits(ns / 1e6)} ms`;
}

/**
 * A column for each shape: the time of the base, ratios of the others to it, and of it to its limit.
 *
 * @param {Result[]} results  of one title
 * @param {boolean} inMarkdown  with the base in bold, and quartiles, for which a terminal has no room
 */
export function tableOf(results, inMarkdown) {
  /** @param {Spread} spread */
  const times = ({ median, q1, q3 }) => `${digits(median)}×${inMarkdown ? ` (${digits(q1)}–${digits(q3)})` : ''}`;
  /** @param {Row} row @param {string} base */
  const cell = ({ name, ns, ratio, recall }, base) => {
    const found = recall === undefined ? '' : `, finds ${(100 * recall).toFixed(1)} %`;
    if (name !== base && ratio) return times(ratio) + found;
    return inMarkdown ? `**${duration(ns.median)}**` : duration(ns.median);
  };
  const shapes = results.map(({ shape: { B, D, C } }) => `${B} × ${D} × ${C}`);
  const head = ['B × D × C', ...new Set(shapes)];
  /** @type {Map<string, string[]>} */
  const lines = new Map();
  /** @param {string} name @param {number} i  of the result @param {string} text */
  const put = (name, i, text) => {
    const line = lines.get(name) ?? [name, ...Array(head.length - 1).fill('')];
    line[head.indexOf(shapes[i] ?? '')] = text;
    lines.set(name, line);
  };
  results.forEach(({ base, rows }, i) => {
    for (const row of rows) if (!row.limit) put(row.name, i, cell(row, base));
  });
  results.forEach(({ base, rows }, i) => {
    const over = rows.find(({ name }) => name === base)?.over;
    if (over) put(`${base} over its limit`, i, `${times(over)} ${over.by}`);
  });
  return [head, ...lines.values()];
}

const MAX_COLUMNS = 7;

/** Lines for a terminal, with a rule below the head. Wide tables are continued below. @param {string[][]} cells @returns {string} */
export function text(cells) {
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  if (widths.length > MAX_COLUMNS) {
    const rest = cells.map(([name = '', ...row]) => [name, ...row.slice(MAX_COLUMNS - 1)]);
    return `${text(cells.map((row) => row.slice(0, MAX_COLUMNS)))}\n\n${text(rest)}`;
  }
  const pad = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  const lines = cells.map((row) => row.map(pad).join('  ').trimEnd());
  lines.splice(1, 0, '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)));
  return lines.join('\n');
}

/** @param {string[][]} cells */
export const markdown = ([head = [], ...rows]) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
