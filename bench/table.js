// @ts-check

/** @typedef {import('./summary.js').Row} Row */

const GROUPS = /** @type {const} */ (['ours', 'peer', 'roofline']);

/** @param {number} value  three digits, or two below a tenth */
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
 * @param {Row} row
 * @param {string} base
 */
function times({ name, group, ratios }, base) {
  const ratio = ratios?.[base];
  // Of a bound, the last column shows the same.
  if (!ratio || group === 'roofline') return '';
  return name === base ? '1' : `${digits(ratio.median)} (${digits(ratio.min)}–${digits(ratio.max)})`;
}

/** @param {Row} row */
function limit({ bound, rate }) {
  if (bound) return `${Math.round(100 * bound.fraction.median)} % ${bound.by === 'reading' ? 'reading' : 'mul-add'}`;
  return rate ? `${digits(rate.value)} ${rate.unit}` : '';
}

/** @param {string} base  shortened: the table's title names the work */
const heading = (base) => `× ${base.replace('gradients(batch)', 'batch')}`;

/**
 * @param {import('./run.js').Result} result
 * @returns {string}
 */
export function table({ title, rounds, bases, rows }) {
  const head = ['', 'time', ...bases.map(heading), 'of bound'];
  const body = GROUPS.map((group) =>
    rows
      .filter((row) => row.group === group)
      .map((row) =>
        row.missing === undefined
          ? [row.name, duration(row.ns?.median ?? NaN), ...bases.map((base) => times(row, base)), limit(row)]
          : [row.name, row.missing],
      ),
  );
  // What is said of a missing peer runs across the columns.
  const full = [head, ...body.flat()].filter((cells) => cells.length === head.length);
  const widths = head.map((_, column) => Math.max(...full.map((cells) => cells[column]?.length ?? 0)));
  /** @param {string[]} cells */
  const line = (cells) =>
    cells
      .map((cell, column) => {
        const width = cells.length === head.length || column === 0 ? (widths[column] ?? 0) : 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(line(head).length);
  return [
    `${title}  (${rounds} rounds)`,
    line(head),
    ...body.flatMap((group) => (group.length > 0 ? [rule, ...group.map(line)] : [])),
    '',
  ].join('\n');
}
