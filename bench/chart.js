// @ts-check
// Bars for the top of docs/performance.md: the time of the same job by several implementations.

import { duration } from './table.js';

/** @import { Colors } from '../scripts/charts/theme.js' */
/** @import { Result } from './types.js' */

/** Others that find a nearest center, by the names of their rows. */
const NEAREST = {
  'faiss, flat index': 'faiss',
  'onnxruntime-web, fixed centers': 'ONNX Runtime Web',
  'plain JS': 'plain JavaScript',
  'PyTorch, pytorch-ood': 'PyTorch',
  'tfjs-backend-wasm': 'TensorFlow.js',
};

/** Cases of each job, and names of their rows in the picture. Ratios are to the base of a case. */
const JOBS = [
  {
    title: 'Loss and both gradients of 256 rows',
    cases: {
      'gradients-256x128x960': {
        'gradients(batch), touched': 'center-loss',
        'plain JS, touched': 'plain JavaScript',
        'PyTorch, gather': 'PyTorch, shortest code',
        'tfjs-backend-wasm': 'TensorFlow.js',
      },
    },
  },
  {
    title: 'Nearest of 960 classes, for one row',
    cases: {
      'decide-1x128x960': { 'decide(row)': 'center-loss, classifier' },
      'predict-1x128x960': { 'predict(x)': 'center-loss', ...NEAREST },
    },
  },
  {
    title: 'Nearest of 960 classes, for 256 rows',
    cases: { 'predict-256x128x960': { 'predict(x)': 'center-loss', ...NEAREST } },
  },
];

/** @param {Result[]} results @param {string[]} machine @param {Colors} colors */
export function jobBars(results, machine, colors) {
  return {
    title: {
      text: 'Time of the same job, on one thread: shorter is faster',
      subtitle: [
        '128 dimensions. Each panel has its own scale. ×: how many times as long as center-loss takes.',
        machine[0] ?? '',
      ],
    },
    spacing: 18,
    vconcat: JOBS.map(({ title, cases }) => {
      const values = Object.entries(cases).flatMap(([id, names]) =>
        (results.find((each) => each.id === id)?.rows ?? []).flatMap(({ name: row, ns, ratio }) => {
          const name = new Map(Object.entries(names)).get(row);
          if (!name) return [];
          const ours = name.startsWith('center-loss');
          const times = ours || !ratio ? '' : `, ${ratio.median.toFixed(ratio.median < 10 ? 1 : 0)}×`;
          return { name, ours, ns: ns.median, text: duration(ns.median) + times };
        }),
      );
      const y = {
        field: 'name',
        type: 'nominal',
        title: null,
        axis: { labelLimit: 0, ticks: false, labelPadding: 6 },
        sort: null,
      };
      const x = { field: 'ns', type: 'quantitative', axis: null };
      return {
        title: { text: title, fontSize: 13, offset: 4, frame: 'group' },
        width: 400,
        height: { step: 22 },
        data: { values: values.toSorted((a, b) => a.ns - b.ns) },
        view: { stroke: null },
        layer: [
          {
            mark: { type: 'bar', height: { band: 0.75 } },
            encoding: {
              x,
              y,
              color: { condition: { test: 'datum.ours', value: colors.known }, value: colors.frame },
            },
          },
          {
            mark: { type: 'text', align: 'left', baseline: 'middle', dx: 5 },
            encoding: { x, y, text: { field: 'text', type: 'nominal' } },
          },
        ],
      };
    }),
  };
}
