// @ts-check
// A report as Markdown tables, and the places in a document where they go.

import { goalCells, outcomes } from './goals.js';
import { describe } from './machine.js';
import { digits, duration } from './table.js';

/** @typedef {import('./main.js').Report} Report */
/** @typedef {import('./run.js').Result} Result */
/** @typedef {import('./summary.js').Spread} Spread */

/** @type {import('./shapes.js').Kind[]} */
const KINDS = ['gradients', 'step', 'distances', 'predict', 'calls'];

/**
 * @param {Report} report
 * @returns {Record<string, string>} by the name that the document gives them
 */
export function tables({ runs, seconds }) {
  const [first] = runs;
  const machines = runs.map(({ machine }) => describe(machine).split('\n').join('; '));
  return {
    machine: [...machines, `${seconds} s in all`].map((line) => `- ${line}`).join('\n'),
    goals: goalsTable(runs),
    ...Object.fromEntries(
      KINDS.map((kind) => [kind, kindTable((first?.works ?? []).filter((work) => work.kind === kind))]),
    ),
  };
}

/** @param {Report['runs']} runs */
function goalsTable(runs) {
  const columns = runs.map(({ works }) => outcomes(works));
  const rows = (columns[0] ?? []).map((outcome) => {
    const measured = columns.map((column) => {
      const same = column.find(({ what }) => what === outcome.what);
      return same ? `${goalCells(same)[1]} ${same.met ? '✓' : '✗'}` : '';
    });
    return [outcome.what, ...measured, (goalCells(outcome)[2] ?? '').slice(0, -2)];
  });
  return table(['', ...runs.map(({ machine }) => `Node ${machine.node}`), 'goal'], rows);
}

/**
 * Times of the form to compare with, ratios of the others.
 *
 * @param {Result[]} works  of one kind
 */
function kindTable(works) {
  const shown = works.map((work) => ({ base: work.bases.at(-1) ?? '', rows: work.rows }));
  const names = [
    ...new Set(
      shown.flatMap(({ base, rows }) =>
        rows.filter(({ name, group }) => group !== 'roofline' || name === base).map(({ name }) => name),
      ),
    ),
  ];
  const lines = names.map((name) => [
    name,
    ...shown.map(({ base, rows }) => {
      const row = rows.find((each) => each.name === name);
      if (!row?.ns) return row?.missing ? 'missing' : '';
      const ratio = row.ratios?.[base];
      return name === base || !ratio ? `**${duration(row.ns.median)}**` : times(ratio);
    }),
  ]);
  const bounds = shown.map(({ base, rows }) => rows.find(({ name }) => name === base)?.bound);
  if (bounds.some((bound) => bound)) {
    const base = shown[0]?.base;
    lines.push(
      [`${base} over its bound`, ...bounds.map((bound) => (bound ? `${times(bound.times)} ${bound.by}` : ''))],
      [`${base} over reading as many bytes`, ...bounds.map((bound) => (bound ? times(bound.reading) : ''))],
    );
  }
  return table(['B × D × C', ...works.map(({ shape: { B, D, C } }) => `${B} × ${D} × ${C}`)], lines);
}

/** @param {Spread} spread */
const times = ({ median, q1, q3 }) => `${digits(median)}× (${digits(q1)}–${digits(q3)})`;

/** @param {string[]} head @param {string[][]} rows */
const table = (head, rows) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

/**
 * Puts each table between `<!-- table NAME -->` and `<!-- end -->`.
 *
 * @param {string} document
 * @param {Record<string, string>} byName
 * @returns {string}
 */
export function fill(document, byName) {
  const places = new Set();
  const filled = document.replace(/<!-- table (\S+) -->\n.*?<!-- end -->/gs, (_, name) => {
    const text = byName[name];
    if (text === undefined) throw new Error(`there is no table '${name}'`);
    places.add(name);
    return `<!-- table ${name} -->\n${text}\n<!-- end -->`;
  });
  const left = Object.keys(byName).filter((name) => !places.has(name));
  if (left.length > 0) throw new Error(`the document has no place for ${left.join(', ')}`);
  return filled;
}
