// @ts-check

import { LOOK } from '../../scripts/charts/look.js';
import { OPERATIONS, TITLES } from '../operations.js';
import { isOff, OFF } from './line.js';
import { AXES, BASE } from './sweep.js';

const COLORS = ['#1f5fa8', '#2b9348', '#d9480f', '#8a3ffc'];
const SHAPES = ['circle', 'M-1,0H1M0,-1V1', 'square', 'triangle-up'];
const NAMES = { B: 'rows B', D: 'dimensions D', C: 'classes C' };

/**
 * @param {import('./sweep.js').Curve[]} curves
 * @param {string} machine
 * @returns {import('vega-lite').TopLevelSpec}
 */
export function scalingPlot(curves, machine) {
  return {
    config: LOOK,
    title: {
      text: 'Time of a call by rows, dimensions and classes',
      subtitle: [
        `the other two are ${BASE.B}; marks: least time measured, lines: fixed cost + cost of one × number, rings: over ${OFF} × off the line`,
        machine,
      ],
    },
    hconcat: AXES.map((axis) => panel(axis, curves)),
  };
}

/**
 * @param {import('./sweep.js').Axis} axis
 * @param {import('./sweep.js').Curve[]} curves
 * @returns {import('vega-lite/build/src/spec/index.js').NonNormalizedSpec}
 */
function panel(axis, curves) {
  const values = curves
    .filter((curve) => curve.axis === axis)
    .flatMap(({ operation, points }) =>
      points.map(({ n, ns, line, ratio }) => ({
        n,
        seconds: ns / 1e9,
        line: line / 1e9,
        operation: TITLES[operation],
        off: isOff(ratio),
      })),
    );
  const quantitative = /** @type {const} */ ('quantitative');
  /** @type {import('vega-lite/build/src/channeldef.js').PositionFieldDef<string>} */
  const x = {
    field: 'n',
    type: quantitative,
    title: NAMES[axis],
    scale: { type: 'log' },
    axis: { values: [1, 10, 100, 1e3, 1e4, 1e5, 1e6], format: '~s' },
  };
  const y = (/** @type {string} */ field) => ({
    field,
    type: quantitative,
    title: axis === 'B' ? 'time of a call' : null,
    // One scale for all three panels, so that they can be compared.
    scale: { type: /** @type {const} */ ('log'), domain: timeDomain(curves), nice: false },
    axis: { labelExpr: "format(datum.value, '~s') + 's'", values: decades(timeDomain(curves)) },
  });
  const names = OPERATIONS.map((operation) => TITLES[operation]);
  return {
    width: 290,
    height: 320,
    data: { values },
    encoding: {
      x,
      color: {
        field: 'operation',
        type: 'nominal',
        scale: {
          domain: names,
          range: COLORS,
        },
        legend: { title: null, orient: 'bottom' },
      },
    },
    layer: [
      {
        mark: { type: 'line', strokeWidth: 1.4, opacity: 0.6, aria: false, interpolate: 'monotone' },
        encoding: { y: y('line') },
      },
      {
        mark: { type: 'point', size: 44, strokeWidth: 1.5, opacity: 1, aria: false },
        // Two calls may take the same time: one mark must show through the other.
        encoding: {
          y: y('seconds'),
          shape: { field: 'operation', type: 'nominal', scale: { domain: names, range: SHAPES } },
        },
      },
      {
        transform: [{ filter: 'datum.off' }],
        mark: { type: 'point', size: 240, strokeWidth: 1, aria: false },
        encoding: { y: y('seconds') },
      },
    ],
  };
}

/** @param {import('./sweep.js').Curve[]} curves @returns {[number, number]} seconds */
function timeDomain(curves) {
  const times = curves.flatMap(({ points }) => points.map(({ ns }) => ns / 1e9));
  return [Math.min(...times) / 1.6, Math.max(...times) * 1.6];
}

/** @param {[number, number]} domain */
function decades([least, most]) {
  const first = Math.ceil(Math.log10(least));
  return Array.from({ length: Math.floor(Math.log10(most)) - first + 1 }, (_, i) => 10 ** (first + i));
}
