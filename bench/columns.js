// @ts-check

/**
 * Lines of a table for a terminal: names to the left, figures to the right, a rule below the head.
 *
 * @param {string[][]} rows  the head first, all of one length
 * @returns {string}
 */
export function columns(rows) {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const pad = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  const lines = rows.map((row) => row.map(pad).join('  ').trimEnd());
  lines.splice(1, 0, '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)));
  return lines.join('\n');
}
