// @ts-check
// Efficiency of calls over many shapes: the share of its time that a call needs at least. The least is the longest of
// three times: of moving as many bytes as the call must, of its multiply-adds in registers, and of the same call with
// B = D = C = 1.

import { callCase } from './cases.js';
import { openLimits } from './limits.js';
import { spread } from './measure.js';
import { efforts, run } from './run.js';
import { duration, text } from './table.js';

/** @import { Colors } from '../scripts/charts/theme.js' */
/** @import { Case, Effort, Shape } from './types.js' */
/** @typedef {Shape & { call: string, ns: number, efficiency: number, by: string }} Spot */

const OPERATIONS = /** @type {const} */ (['gradients', 'distances', 'predict']);

/** Sizes on both sides of every step of the kernels: lanes of four, blocks of rows and centers, caches. */
const GRID = {
  B: [1, 3, 8, 64, 257],
  D: [1, 2, 3, 4, 7, 8, 16, 31, 32, 64, 127, 128, 129, 512],
  C: [2, 3, 5, 8, 10, 16, 32, 100, 960, 10_000],
};
const QUICK_GRID = { B: [1, 64], D: [3, 128], C: [2, 960] };

/** @type {Effort} */
const EFFORT = { warmMs: 1, sampleMs: 0.2, caseMs: 20, minRounds: 3, maxRounds: 10 };
/** Nanoseconds below which the map tells no efficiency: a call has a fixed cost of about a microsecond. */
const FIXED_COST = 2000;

/** Number of shapes in the table of the least efficient ones, for each call. */
const LISTED = 10;

/** @param {boolean} quick @param {(done: string) => void} onCase @returns {Promise<Spot[]>} */
export async function survey(quick, onCase) {
  const { B: rows, D: dims, C: classes } = quick ? QUICK_GRID : GRID;
  const shapes = rows.flatMap((B) => dims.flatMap((D) => classes.map((C) => ({ B, D, C }))));
  const cases = OPERATIONS.flatMap((operation) => shapes.map((shape) => callCase(operation, shape)));
  const tiny = OPERATIONS.map((operation) => callCase(operation, { B: 1, D: 1, C: 1 }));
  const limits = await openLimits();
  /** Least times over all rounds, to which other programs on the machine only add. @type {Map<string, number>} */
  const least = new Map();
  /** @param {Case} one @param {Effort} effort */
  const keep = async (one, effort) => {
    for (const { name, limit, ns } of (await run(one, [], limits, effort)).rows) {
      const key = `${one.id} ${limit ?? name}`;
      least.set(key, Math.min(least.get(key) ?? Infinity, ns.min));
    }
  };
  const keepCalls = async () => {
    for (const one of tiny) await keep(one, efforts.quick);
  };
  // These calls also warm up the compilers, for which there is no time at each shape.
  await keepCalls();
  // Forwards, then backwards: a slow minute of the machine meets a shape only once.
  for (const [i, one] of [...cases, ...cases.toReversed()].entries()) {
    onCase(`${i + 1} of ${2 * cases.length}: ${one.id}`);
    await keep(one, EFFORT);
  }
  await keepCalls();
  return cases.map(({ id, base, operation, shape }) => {
    const time = (/** @type {string} */ key) => least.get(key) ?? Number.NaN;
    const ns = time(`${id} ${base}`);
    const call = time(`${tiny.find((one) => one.operation === operation)?.id} ${base}`);
    const bounds = { streaming: time(`${id} streaming`), 'multiply-adds': time(`${id} multiply-adds`), call };
    const [by = '', longest = Number.NaN] = Object.entries(bounds).sort((one, other) => other[1] - one[1])[0] ?? [];
    return { call: base, ...shape, ns, efficiency: longest / ns, by };
  });
}

/** Tables of all and of the least efficient spots. @param {Spot[]} spots @returns {string} */
export function summary(spots) {
  const percent = (/** @type {number} */ share) => `${Math.round(100 * share)} %`;
  const groups = [...new Set(spots.map(({ call }) => call))].map((name) => spots.filter(({ call }) => call === name));
  const all = groups.map((group) => {
    const { min, median, max } = spread(group.map(({ efficiency }) => efficiency));
    return [group[0]?.call ?? '', ...[min, median, max].map(percent)];
  });
  const leastEfficient = groups.flatMap((group) =>
    group
      .sort((a, b) => a.efficiency - b.efficiency)
      .slice(0, LISTED)
      .map(({ call, B, D, C, ns, efficiency, by }) => [
        call,
        ...`${B} ${D} ${C}`.split(' '),
        duration(ns),
        percent(efficiency),
        by,
      ]),
  );
  return `${text([['efficiency over all shapes', 'least', 'median', 'most'], ...all])}\n
${text([['least efficient', 'B', 'D', 'C', 'time', 'efficiency', 'limit'], ...leastEfficient])}\n`;
}

/** A map of D × C for each call and number of rows. @param {Spot[]} spots @param {string[]} machine @param {Colors} colors */
export function heatMap(spots, machine, colors) {
  const values = spots.map((spot) => ({ ...spot, rows: `B = ${spot.B}` }));
  const header = { title: null, labelFontSize: 13 };
  const axis = { grid: false, ticks: false, labelOverlap: 'greedy' };
  const place = {
    x: { field: 'C', type: 'ordinal', axis: { ...axis, labelAngle: -90 } },
    y: { field: 'D', type: 'ordinal', axis },
  };
  const legend = { orient: 'top', titleLimit: 0, offset: 12 };
  const range = [colors.neutral];
  return {
    title: {
      text: 'How near a call is to the limit of the machine, by shape',
      subtitle: [
        'B rows, D dimensions, C classes. The limit is the longest of moving the bytes,',
        'the multiply-adds, and a call with B = D = C = 1. The rest of the time is loops, checks and copies.',
        machine.join('; '),
      ],
    },
    data: { values },
    facet: {
      row: { field: 'call', type: 'nominal', sort: [...new Set(values.map(({ call }) => call))], header },
      column: { field: 'rows', type: 'nominal', sort: [...new Set(values.map(({ rows }) => rows))], header },
    },
    spacing: 8,
    spec: {
      width: { step: 10.5 },
      height: { step: 13 },
      layer: [
        {
          transform: [{ filter: `datum.ns < ${FIXED_COST}` }],
          mark: { type: 'rect', aria: false },
          encoding: {
            ...place,
            fill: {
              datum: `less than ${FIXED_COST / 1000} µs: mostly the fixed cost of a call`,
              type: 'nominal',
              scale: { range },
              legend: { ...legend, title: null, symbolStrokeWidth: 0 },
            },
          },
        },
        {
          transform: [{ filter: `datum.ns >= ${FIXED_COST}` }],
          mark: { type: 'rect', aria: false },
          encoding: {
            ...place,
            color: {
              field: 'efficiency',
              type: 'quantitative',
              scale: { domain: [0, 1], clamp: true, range: colors.ramp },
              legend: { ...legend, title: 'limit over time', format: '.0%', gradientLength: 220 },
            },
          },
        },
      ],
    },
  };
}
