// @ts-check
/** The pictures, as Vega-Lite specifications. */

import { LOOK } from '../scripts/charts/look.js';
import { CLASSES } from './mnist.js';
import { FEATURES } from './network.js';

/** @import { TopLevelSpec } from 'vega-lite' */
/** @import { Training } from './train.js' */

const DIGITS = Array.from({ length: CLASSES }, (_, digit) => digit);

const SIDE = 480;
const MARGIN = 1.04;

/**
 * Test features by class, with a marked center for each.
 *
 * @param {object} plot
 * @param {string} plot.title
 * @param {string[]} plot.subtitle
 * @param {Float32Array} plot.features [count, 2]
 * @param {Int32Array} plot.labels
 * @param {ArrayLike<number>} plot.centers [10, 2]
 * @returns {TopLevelSpec}
 */
export function scatterPlot({ title, subtitle, features, labels, centers }) {
  const points = Array.from(labels, (digit, row) => ({ ...pointAt(features, row), digit }));
  const marks = DIGITS.map((digit) => ({ ...pointAt(centers, digit), digit }));
  const [xDomain, yDomain] = squareDomains([...points, ...marks]);
  const x = position('x', 'feature 1', xDomain);
  const y = position('y', 'feature 2', yDomain);
  return {
    config: LOOK,
    title: { text: title, subtitle },
    width: SIDE,
    height: SIDE,
    layer: [
      {
        // Classes drawn one after the other would cover each other; the test set has them mixed.
        data: { values: points },
        mark: { type: 'circle', size: 7, opacity: 0.55, aria: false },
        encoding: {
          x,
          y,
          color: {
            field: 'digit',
            type: 'nominal',
            scale: { domain: DIGITS, scheme: 'category10' },
            legend: { title: 'digit', symbolSize: 90 },
          },
        },
      },
      {
        data: { values: marks },
        mark: { type: 'circle', size: 190, fill: 'white', stroke: 'black', strokeWidth: 1.6, opacity: 0.95 },
        encoding: { x, y },
      },
      {
        data: { values: marks },
        mark: { type: 'text', fontSize: 10, fontWeight: 'bold', color: 'black', baseline: 'middle', dy: 0.5 },
        encoding: { x, y, text: { field: 'digit', type: 'nominal' } },
      },
    ],
  };
}

/**
 * @param {string} field
 * @param {string} title
 * @param {[number, number]} domain
 */
function position(field, title, domain) {
  const type = /** @type {const} */ ('quantitative');
  return { field, type, title, scale: { domain, nice: false }, axis: { tickCount: 7 } };
}

/**
 * @param {ArrayLike<number>} rows [count, 2]
 * @param {number} row
 */
function pointAt(rows, row) {
  return { x: rows[row * FEATURES] ?? Number.NaN, y: rows[row * FEATURES + 1] ?? Number.NaN };
}

/**
 * Domains of one length for axes of one length, so that a distance looks the same in all directions.
 *
 * @param {{ x: number, y: number }[]} points
 * @returns {[[number, number], [number, number]]}
 */
function squareDomains(points) {
  const [left, right, bottom, top] = points.reduce(
    ([x0, x1, y0, y1], { x, y }) => [Math.min(x0, x), Math.max(x1, x), Math.min(y0, y), Math.max(y1, y)],
    /** @type {[number, number, number, number]} */ ([Infinity, -Infinity, Infinity, -Infinity]),
  );
  const half = (Math.max(right - left, top - bottom) / 2) * MARGIN;
  const x = (left + right) / 2;
  const y = (bottom + top) / 2;
  return [
    [x - half, x + half],
    [y - half, y + half],
  ];
}

const NAMES = { softmax: 'softmax only', center: 'softmax + center loss', nearest: 'the same, by nearest center' };
const COLORS = { [NAMES.softmax]: '#8a8a8a', [NAMES.center]: '#1f5fa8', [NAMES.nearest]: '#d9480f' };

/**
 * @param {{ softmax: Training, centerLoss: Training }} trainings
 * @returns {TopLevelSpec}
 */
export function trainingCurves({ softmax, centerLoss }) {
  const crossEntropy = [...curve(softmax, 'softmax', NAMES.softmax), ...curve(centerLoss, 'softmax', NAMES.center)];
  const errors = [
    ...softmax.checks.map(({ epoch, head }) => ({ epoch, value: 1 - head, name: NAMES.softmax })),
    ...centerLoss.checks.map(({ epoch, head }) => ({ epoch, value: 1 - head, name: NAMES.center })),
    ...centerLoss.checks.map(({ epoch, nearest }) => ({
      epoch,
      value: 1 - (nearest ?? Number.NaN),
      name: NAMES.nearest,
    })),
  ];
  return {
    config: LOOK,
    title: {
      text: 'Losses and test error',
      subtitle: ['losses: mean over a tenth of an epoch; test error: share of the test digits, after each epoch'],
    },
    hconcat: [
      panel('softmax loss', crossEntropy, { unit: 'cross-entropy', format: '.2~r' }),
      panel('center loss', curve(centerLoss, 'center', NAMES.center), { unit: 'Σ‖x − c‖² / 2B', format: '.2~r' }),
      panel('test error', errors, { unit: 'wrong', format: '.1~%', point: true }),
    ],
  };
}

/**
 * @param {Training} training
 * @param {'softmax' | 'center'} term
 * @param {string} name
 */
function curve({ steps, checks }, term, name) {
  const size = Math.max(1, Math.round(steps.length / checks.length / 10));
  return Array.from({ length: Math.floor(steps.length / size) }, (_, i) => {
    const window = steps.slice(i * size, (i + 1) * size);
    const mean = (/** @type {'epoch' | 'softmax' | 'center'} */ key) =>
      window.reduce((sum, step) => sum + step[key], 0) / size;
    return { epoch: mean('epoch'), value: mean(term), name };
  });
}

/**
 * @param {string} title
 * @param {{ epoch: number, value: number, name: string }[]} values
 * @param {{ unit: string, format: string, point?: boolean }} look `format` of the vertical axis
 * @returns {import('vega-lite/build/src/spec/index.js').NonNormalizedSpec}
 */
function panel(title, values, { unit, format, point = false }) {
  const epochs = Math.ceil(Math.max(...values.map(({ epoch }) => epoch)));
  return {
    title: { text: title, fontSize: 13, offset: 6, frame: 'group' },
    width: 250,
    height: 200,
    data: { values },
    mark: { type: 'line', point: point && { size: 22 }, strokeWidth: 1.8, aria: false },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative',
        title: 'epoch',
        scale: { domain: [0, epochs], nice: false },
        axis: { tickCount: Math.min(epochs, 9), grid: false },
      },
      y: {
        field: 'value',
        type: 'quantitative',
        title: unit,
        scale: { type: 'log', nice: false, padding: 8 },
        axis: { format, tickCount: 5 },
      },
      color: {
        field: 'name',
        type: 'nominal',
        scale: { domain: Object.keys(COLORS), range: Object.values(COLORS) },
        legend: { title: null, orient: 'bottom' },
      },
    },
  };
}
