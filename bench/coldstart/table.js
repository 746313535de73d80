// @ts-check

/** @import { Spread } from '../summary.js' */
/** @import { Row } from './rounds.js' */

const ms = (/** @type {number} */ value) => value.toFixed(Math.abs(value) < 9.995 ? 2 : 1);
/** @param {Spread} spread @param {(value: number) => string} show */
const range = ({ median, min, max }, show) => `${show(median)} (${show(min)}–${show(max)})`;

/**
 * @param {string} title
 * @param {Row[]} rows
 * @param {Record<string, string>} columns  headings of the figures, milliseconds
 * @returns {string}
 */
export function table(title, rows, columns) {
  const head = [title, ...Object.values(columns), '×'];
  const lines = rows.map(({ name, missing, figures, ratio }) => {
    // What is said of a missing one runs across the columns.
    if (missing !== undefined) return [name, `does not run here: ${missing.split('\n')[0]?.slice(0, 120)}`];
    const cells = Object.keys(columns).map((column) => {
      const figure = figures?.[column];
      return figure ? range(figure, ms) : '';
    });
    return [name, ...cells, ratio ? range(ratio, (value) => value.toFixed(1)) : ''];
  });
  const full = [head, ...lines].filter((line) => line.length === head.length);
  const widths = head.map((_, column) =>
    Math.max(...(column === 0 ? [head, ...lines] : full).map((line) => line[column]?.length ?? 0)),
  );
  const text = [head, ...lines].map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : pad(cell, line, widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  text.splice(1, 0, '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)));
  return `${text.join('\n')}\n`;

  /** @param {string} cell @param {string[]} line @param {number} width */
  function pad(cell, line, width) {
    return line.length === head.length ? cell.padStart(width) : cell;
  }
}
