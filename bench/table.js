// @ts-check

import { goalCells } from './goals.js';

/** @typedef {import('./summary.js').Row} Row */
/** @typedef {import('./summary.js').Spread} Spread */

export const GROUPS = /** @type {const} */ (['ours', 'peer', 'roofline']);

/** @param {number} value  three digits, or two below a tenth */
export const digits = (value) => {
  if (value >= 99.95) return Math.round(value).toLocaleString('en');
  return value >= 0.0995 ? value.toFixed(value >= 9.995 ? 1 : 2) : value.toPrecision(2);
};

/** @param {number} ns */
export function duration(ns) {
  if (ns < 999.5) return `${digits(ns)} ns`;
  if (ns < 999_500) return `${digits(ns / 1e3)} µs`;
  return `${digits(ns / 1e6)} ms`;
}

/** @param {Spread} spread */
export const range = ({ median, q1, q3 }) => `${digits(median)} (${digits(q1)}–${digits(q3)})`;

/**
 * @param {Row} row
 * @param {string} base
 */
function times({ name, ratios }, base) {
  const ratio = ratios?.[base];
  if (!ratio) return '';
  return name === base ? '1' : range(ratio);
}

/** @param {Row} row */
function limit({ bound, rate }) {
  if (bound) return `${range(bound.times)} ${bound.by === 'streaming' ? 'moving' : 'mul-add'}`;
  return rate ? `${digits(rate.value)} ${rate.unit}` : '';
}

/** @param {string} base  shortened: the table's title names the work */
const heading = (base) => `× ${base.replace('gradients(batch)', 'batch').replace(' WebAssembly', '')}`;

/**
 * @param {import('./run.js').Result} result
 * @returns {{ head: string[], groups: { group: Row['group'], rows: string[][] }[] }} a missing one has two cells
 */
export function cells({ bases, rows }) {
  const bounded = rows.some(({ bound }) => bound);
  return {
    head: ['', 'time', ...bases.map(heading), ...(bounded ? ['× bound'] : [])],
    groups: GROUPS.map((group) => ({
      group,
      rows: rows
        .filter((row) => row.group === group)
        .map((row) =>
          row.missing === undefined
            ? [
                row.name,
                duration(row.ns?.median ?? NaN),
                ...bases.map((base) => times(row, base)),
                ...(bounded ? [limit(row)] : []),
              ]
            : [row.name, row.missing],
        ),
    })).filter((group) => group.rows.length > 0),
  };
}

/**
 * @param {import('./run.js').Result} result
 * @returns {string}
 */
export function table(result) {
  const { head, groups } = cells(result);
  return `${result.title}  (${result.rounds} rounds)\n${columns(
    head,
    groups.map((group) => group.rows),
  )}`;
}

/**
 * @param {string} node  the version
 * @param {import('./goals.js').Outcome[]} goals
 * @returns {string}
 */
export const goalTable = (node, goals) => columns([`goals, Node ${node}`, 'measured', 'goal'], [goals.map(goalCells)]);

/**
 * @param {string[]} head
 * @param {string[][][]} groups
 */
function columns(head, groups) {
  // What is said of a missing peer runs across the columns.
  const full = [head, ...groups.flat()].filter((cells) => cells.length === head.length);
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
  return `${[line(head), ...groups.flatMap((group) => [rule, ...group.map(line)])].join('\n')}\n`;
}
