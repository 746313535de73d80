// @ts-check
/** The pictures, as Vega-Lite specifications. */

import { LOOK } from '../../scripts/charts/look.js';
import { logHistogram, logRange } from './curves.js';

/** @import { TopLevelSpec } from 'vega-lite' */
/** @typedef {import('vega-lite/build/src/spec/index.js').NonNormalizedSpec} Spec */

const BINS = 60;
const OUTSIDE = 0.002;

/** Panels by their frames, not by what stands around them: widths of text are only estimated without a browser. */
const ALIGNED = /** @type {const} */ ({ bounds: 'flush', spacing: 84 });

const GROUPS = { known: 'known digits', unknown: 'unknown digits', fashion: 'Fashion-MNIST' };
const GROUP_COLORS = { [GROUPS.known]: '#1f5fa8', [GROUPS.unknown]: '#d9480f', [GROUPS.fashion]: '#8a8a8a' };

const CLASS_COLORS = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b'];

/**
 * @typedef {object} Histogram
 * @property {string} title
 * @property {string} score
 * @property {number} threshold
 * @property {ArrayLike<number>} known
 * @property {ArrayLike<number>} unknown
 * @property {ArrayLike<number> | null} fashion
 */

/**
 * @param {string} subtitle
 * @param {Histogram[]} histograms
 * @returns {TopLevelSpec}
 */
export function histogramPlot(subtitle, histograms) {
  return {
    config: LOOK,
    title: { text: 'Scores of the test images', subtitle: [subtitle] },
    hconcat: histograms.map(histogramPanel),
    ...ALIGNED,
    // One scale of shares, so that areas compare across the panels.
    resolve: { scale: { y: 'shared' } },
  };
}

/**
 * @param {Histogram} histogram
 * @returns {Spec}
 */
function histogramPanel({ title, score, threshold, known, unknown, fashion }) {
  const range = logRange([known, unknown, ...(fashion ? [fashion] : [])], OUTSIDE);
  const values = Object.entries({ known, unknown, fashion }).flatMap(([key, group]) =>
    group
      ? logHistogram(group, range, BINS).map((bin) => ({ ...bin, group: GROUPS[/** @type {'known'} */ (key)] }))
      : [],
  );
  const x = /** @type {const} */ ({ type: 'quantitative', scale: { type: 'log', nice: false } });
  return {
    title: { text: title, fontSize: 13, offset: 6, frame: 'group' },
    width: 270,
    height: 200,
    layer: [
      {
        data: { values },
        mark: { type: 'rect', opacity: 0.55, aria: false },
        encoding: {
          x: { ...x, field: 'from', title: score, axis: { grid: false, tickCount: 5, format: '.0e' } },
          x2: { field: 'to' },
          y2: { datum: 0 },
          y: {
            field: 'share',
            type: 'quantitative',
            stack: null,
            title: 'share of the images',
            axis: { format: '.0%', tickCount: 5 },
            scale: { domainMin: 0 },
          },
          color: {
            field: 'group',
            type: 'nominal',
            scale: { domain: Object.keys(GROUP_COLORS), range: Object.values(GROUP_COLORS) },
            legend: { title: null, orient: 'bottom' },
          },
        },
      },
      {
        data: { values: [{ threshold }] },
        mark: { type: 'rule', strokeDash: [4, 3], strokeWidth: 1.4, color: 'black', aria: false },
        encoding: { x: { ...x, field: 'threshold' } },
      },
    ],
  };
}

/**
 * @param {string} subtitle
 * @param {{ title: string, lines: { name: string, points: { fpr: number, tpr: number }[] }[] }[]} panels
 * @returns {TopLevelSpec}
 */
export function rocPlot(subtitle, panels) {
  return {
    config: LOOK,
    title: { text: 'ROC: known digits accepted over unknown digits accepted', subtitle: [subtitle] },
    hconcat: panels.map(({ title, lines }) => ({
      title: { text: title, fontSize: 13, offset: 6, frame: 'group' },
      width: 400,
      height: 320,
      data: { values: lines.flatMap(({ name, points }) => points.map((point) => ({ ...point, name }))) },
      mark: { type: 'line', strokeWidth: 1.8, aria: false, clip: true },
      encoding: {
        x: {
          field: 'fpr',
          type: 'quantitative',
          title: 'unknown digits accepted',
          scale: { type: 'log', domain: [1e-3, 1], nice: false },
          axis: { format: '.1~%', values: [0.001, 0.01, 0.1, 1] },
        },
        y: {
          field: 'tpr',
          type: 'quantitative',
          title: 'known digits accepted',
          scale: { domain: [0, 1], nice: false },
          axis: { format: '.0%', tickCount: 6 },
        },
        color: {
          field: 'name',
          type: 'nominal',
          sort: null,
          scale: { range: ['#8a8a8a', '#444444', '#1f5fa8', '#d9480f'] },
          legend: { title: null, orient: 'bottom', columns: 2 },
        },
      },
    })),
  };
}

/**
 * @typedef {object} Region of the plane of two features
 * @property {string} title
 * @property {string[]} subtitle
 * @property {number[]} digits
 * @property {[number, number][]} domains of both features
 * @property {{ x: number, x2: number, y: number, y2: number, label: number }[]} runs of one label, below 0: rejected
 * @property {Float32Array} centers
 * @property {{ x: number, y: number, label: number }[]} known
 * @property {{ x: number, y: number }[]} unknown
 */

/**
 * Where in the plane each class is accepted.
 *
 * @param {string} subtitle
 * @param {Region[]} regions
 * @returns {TopLevelSpec}
 */
export function regionPlot(subtitle, regions) {
  return {
    config: LOOK,
    title: { text: 'Decisions in the plane of two features', subtitle: [subtitle] },
    hconcat: regions.map(regionPanel),
    ...ALIGNED,
  };
}

/**
 * @param {Region} region
 * @returns {Spec}
 */
function regionPanel({ title, subtitle, digits, domains: [xDomain, yDomain], runs, centers, known, unknown }) {
  const name = (/** @type {number} */ label) => `${digits[label]}`;
  const axis = (/** @type {string} */ field, /** @type {[number, number] | undefined} */ domain) =>
    /** @type {const} */ ({
      field,
      type: 'quantitative',
      title: field.startsWith('x') ? 'feature 1' : 'feature 2',
      scale: { domain: domain ?? [0, 1], nice: false },
      axis: { tickCount: 5, grid: false },
    });
  const x = axis('x', xDomain);
  const y = axis('y', yDomain);
  const color = /** @type {const} */ ({
    type: 'nominal',
    scale: { domain: digits.map(String), range: CLASS_COLORS },
  });
  return {
    title: { text: title, subtitle, fontSize: 13, subtitleFontSize: 11, offset: 6, frame: 'group' },
    width: 300,
    height: 300,
    layer: [
      {
        data: { values: runs.filter(({ label }) => label >= 0).map((run) => ({ ...run, name: name(run.label) })) },
        mark: { type: 'rect', opacity: 0.3, aria: false },
        encoding: {
          x,
          x2: { field: 'x2' },
          y,
          y2: { field: 'y2' },
          color: { ...color, field: 'name', legend: { title: 'digit', symbolType: 'square', symbolSize: 120 } },
        },
      },
      {
        data: { values: unknown },
        mark: { type: 'circle', size: 5, opacity: 0.45, color: 'black', clip: true, aria: false },
        encoding: { x, y },
      },
      {
        data: { values: known.map((point) => ({ ...point, name: name(point.label) })) },
        mark: { type: 'circle', size: 6, opacity: 0.7, clip: true, aria: false },
        encoding: { x, y, color: { ...color, field: 'name' } },
      },
      {
        data: {
          values: digits.map((digit, i) => ({ x: centers[2 * i] ?? 0, y: centers[2 * i + 1] ?? 0, digit })),
        },
        layer: [
          {
            mark: { type: 'circle', size: 150, fill: 'white', stroke: 'black', strokeWidth: 1.4, opacity: 0.95 },
            encoding: { x, y },
          },
          {
            mark: { type: 'text', fontSize: 9, fontWeight: 'bold', color: 'black', baseline: 'middle', dy: 0.5 },
            encoding: { x, y, text: { field: 'digit', type: 'nominal' } },
          },
        ],
      },
    ],
  };
}
