// @ts-check

import { LOOK } from '../../scripts/charts/look.js';
import { TITLES } from '../operations.js';
import { KINDS } from './grid.js';

const CELL = 15;

/**
 * A map of D × C for each call and number of rows.
 *
 * @param {import('./survey.js').Spot[]} spots
 * @param {string} machine
 * @returns {import('vega-lite').TopLevelSpec}
 */
export function efficiencyPlot(spots, machine) {
  const axis = { grid: false, ticks: false };
  return {
    config: LOOK,
    title: {
      text: 'Efficiency by shape: the least time that the machine needs over the time taken',
      subtitle: [
        'least: the largest of moving the bytes, the multiply-adds in registers, and a call with B = D = C = 1',
        machine,
      ],
    },
    data: { values: spots.map((spot) => ({ ...spot, call: TITLES[spot.kind], rows: `B = ${spot.B}` })) },
    facet: {
      row: {
        field: 'call',
        type: 'nominal',
        sort: KINDS.map((kind) => TITLES[kind]),
        header: { title: null, labelFontSize: 13 },
      },
      column: {
        field: 'rows',
        type: 'nominal',
        sort: [...new Set(spots.map(({ B }) => `B = ${B}`))],
        header: { title: null, labelFontSize: 13 },
      },
    },
    spec: {
      width: { step: CELL },
      height: { step: CELL },
      mark: { type: 'rect', aria: false },
      encoding: {
        x: { field: 'C', type: 'ordinal', axis: { ...axis, labelAngle: -90 } },
        y: { field: 'D', type: 'ordinal', axis },
        color: {
          field: 'efficiency',
          type: 'quantitative',
          scale: { domain: [0, 1], clamp: true, scheme: 'viridis' },
          legend: { title: 'efficiency', format: '.0%', gradientLength: 200 },
        },
      },
    },
  };
}
