// @ts-check

/** @import { Row, Spread } from './measure.js' */

/** @param {Spread} spread @param {number} digits @param {string} unit */
const range = ({ median, least, most }, digits, unit) =>
  `${median.toFixed(digits)}${unit} (${least.toFixed(digits)}–${most.toFixed(digits)})`;

/** Medians, with the least and the most in brackets. @param {Row[]} results @param {number} rows that each run classified */
export function table(results, rows) {
  const lines = [
    ['threads', 'time', 'rows/s', 'speed-up'],
    ...results.map(({ threads, ms, speedUp }) => [
      String(threads),
      range(ms, 0, ' ms'),
      Math.round((1000 * rows) / ms.median).toLocaleString('en'),
      range(speedUp, 2, '×'),
    ]),
  ];
  const width = (/** @type {number} */ column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0));
  return lines.map((cells) => cells.map((cell, column) => cell.padStart(width(column))).join('   ')).join('\n');
}
