// @ts-check
// A run as Markdown tables, for a file of its own and for docs/performance.md, and its targets. Targets are reported and
// never tested: other programs on the machine would fail such a test at random.

import { ratios, spread } from './measure.js';
import { markdown, tableOf } from './table.js';

/** @import { Report, Result, Run, Spread, Target } from './types.js' */

/** @param {Result} result @param {Target} target @returns {Omit<Spread, 'min' | 'max'> | undefined} */
function measured({ rows }, { row: name, over, minus, atLeast }) {
  const row = rows.find((each) => each.name === name);
  const others = rows.find((each) => each.name === (minus ?? over) || (over && each.limit === over))?.samples;
  if (!row || !(others || over === 'limit')) return undefined;
  if (minus) return spread(row.samples.map((ns, round) => (ns - (others?.[round] ?? Number.NaN)) / 1000));
  const times = others ? ratios(row.samples, others) : row.over;
  if (!times || atLeast === undefined) return times;
  return { median: 1 / times.median, q1: 1 / times.q3, q3: 1 / times.q1 };
}

/**
 * Figures with their quartiles, and ✓ where the median reaches the target.
 *
 * @param {Result[]} results
 * @returns {{ what: string, figure: string, target: string }[]}
 */
const outcomes = (results) =>
  results.flatMap((result) =>
    (result.targets ?? []).flatMap((target) => {
      const value = measured(result, target);
      if (!value) return [];
      const { what, minus, atMost = Infinity, atLeast } = target;
      const show = (/** @type {number} */ figure) => figure.toFixed(2);
      const met = atLeast === undefined ? value.median <= atMost : value.median >= atLeast;
      const figure = `${show(value.median)}${minus ? ' µs' : ''} (${show(value.q1)}–${show(value.q3)})`;
      return {
        what,
        figure: `${figure} ${met ? '✓' : '✗'}`,
        target: atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`,
      };
    }),
  );

/** A column for each version of Node. @param {Run[]} runs @returns {string[][]} */
export function targetCells(runs) {
  const columns = runs.map(({ results }) => outcomes(results));
  return [
    ['', ...runs.map(({ node }) => `Node ${node}`), 'target'],
    ...(columns[0] ?? []).map(({ what, target }) => [
      what,
      ...columns.map((column) => column.find((outcome) => outcome.what === what)?.figure ?? ''),
      target,
    ]),
  ];
}

/** Texts by the names of their places in the document. @param {Report} report @returns {Record<string, string>} */
export function tables({ runs, seconds }) {
  const results = runs[0]?.results ?? [];
  const machines = runs.map(({ machine }) => `- ${machine.join('; ')}\n`);
  const groups = [...new Set(results.map(({ operation }) => operation))].map((operation) => [
    operation,
    markdown(
      tableOf(
        results.filter((result) => result.operation === operation),
        true,
      ),
    ),
  ]);
  return {
    machine: `${machines.join('')}- ${seconds} s in all`,
    targets: markdown(targetCells(runs)),
    ...Object.fromEntries(groups),
  };
}

/**
 * Puts each text between `<!-- table NAME -->` and `<!-- end -->` of a document.
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
