// @ts-check
// Ratios of one work, as a Vega-Lite specification.

import { LOOK } from '../scripts/charts/look.js';

/** @import { TopLevelSpec } from 'vega-lite' */

const NAMES = { ours: 'this package', peer: 'others', roofline: 'what the machine allows' };
const COLORS = { ours: '#1f5fa8', peer: '#8a8a8a', roofline: '#d9480f' };
const ROW = 21;

/** @type {import('vega-lite').Config} */
const CONFIG = {
  ...LOOK,
  padding: { left: 4, right: 16, top: 4, bottom: 4 },
  view: { stroke: null },
  axis: { ...LOOK.axis, labelLimit: 0 },
};

/**
 * A dot for the median, a thick line between the quartiles, a thin one from the least to the most.
 *
 * @param {import('./run.js').Result} result
 * @returns {TopLevelSpec}
 */
export function ratioPlot({ bases, rows }) {
  // Of two forms to compare with, the second is the leaner one.
  const base = bases.at(-1) ?? '';
  const values = rows.flatMap(({ name, group, ratios }) => {
    const ratio = ratios?.[base];
    return ratio ? [{ name, group: NAMES[group], ...ratio }] : [];
  });
  const y = { field: 'name', type: /** @type {const} */ ('nominal'), sort: null, title: null };
  const color = {
    field: 'group',
    type: /** @type {const} */ ('nominal'),
    scale: { domain: Object.values(NAMES), range: Object.values(COLORS) },
    legend: null,
  };
  /** @param {string} from @param {string} to */
  const line = (from, to) => ({
    y,
    color,
    x: {
      field: from,
      type: /** @type {const} */ ('quantitative'),
      scale: { type: /** @type {const} */ ('log'), nice: false, padding: 10 },
      title: `time over that of ${base}, in the same round`,
      axis: { format: '~g', values: ticks(values), orient: /** @type {const} */ ('top') },
    },
    x2: { field: to },
  });
  return {
    config: CONFIG,
    width: 380,
    height: { step: ROW },
    data: { values },
    layer: [
      {
        data: { values: [{ one: 1 }] },
        mark: { type: 'rule', color: '#999', strokeDash: [3, 3], aria: false },
        encoding: { x: { field: 'one', type: 'quantitative', scale: { type: 'log' } } },
      },
      { mark: { type: 'rule', strokeWidth: 1, aria: false }, encoding: line('min', 'max') },
      { mark: { type: 'rule', strokeWidth: 4, opacity: 0.45, aria: false }, encoding: line('q1', 'q3') },
      {
        mark: { type: 'circle', size: 55, opacity: 1, aria: false },
        encoding: { y, color, x: { ...line('median', 'median').x } },
      },
    ],
  };
}

/**
 * Powers of ten between the extremes, and 2 and 5 times those where there are few: Vega draws all ten of each decade.
 *
 * @param {import('./summary.js').Spread[]} spreads
 */
function ticks(spreads) {
  const low = Math.min(...spreads.map(({ min }) => min));
  const high = Math.max(...spreads.map(({ max }) => max));
  const steps = high / low > 200 ? [1] : [1, 2, 5];
  const decades = Array.from({ length: 19 }, (_, i) => i - 9);
  return decades
    .flatMap((power) => steps.map((step) => step * 10 ** power))
    .filter((value) => value >= low && value <= high);
}
