// @ts-check
// Everything that `bench/main.js` times: calls at shapes, by suite.

import { expectedDistances, expectedGradients, makeAnchors, makeData } from './data.js';
import { EMPTY } from './limits.js';
import { ANCHORS, openSet } from './open-set.js';
import * as ours from './ours.js';

/** @import { Case, Results, Data, Implementation, Shape, Target } from './types.js' */
/** @typedef {'gradients' | 'step' | 'distances' | 'predict' | 'decide' | 'calls'} Operation */

/** @typedef {(shape: Shape, data: Data) => Implementation[]} Ours */
/** @typedef {Pick<Case, 'title' | 'base' | 'python'> & { ours: Ours, expected: (shape: Shape, data: Data) => Results }} Call */

/** The base of each is the form that copies nothing, as the data of the baselines is in place, too. @type {Record<Operation, Call>} */
const CALLS = {
  gradients: {
    title: 'loss + both gradients',
    base: 'gradients(batch), touched',
    ours: ours.gradients,
    python: { 'PyTorch, pytorch-ood': 'gradients_pytorch_ood', 'PyTorch, gather': 'gradients_gather' },
    expected: expectedGradients,
  },
  step: {
    title: 'loss, gradient of x, new centers',
    base: 'step(batch)',
    ours: ours.step,
    expected: expectedGradients,
  },
  distances: {
    title: 'distances to all centers',
    base: 'distances(x, out)',
    ours: ours.distances,
    python: { 'PyTorch, pytorch-ood': 'distances_pytorch_ood' },
    expected: expectedDistances,
  },
  predict: {
    title: 'nearest center',
    base: 'predict(x)',
    ours: ours.predict,
    python: {
      'PyTorch, pytorch-ood': 'predict_pytorch_ood',
      'faiss, flat index': 'predict_faiss',
      'scikit-learn, NearestCentroid': 'predict_sklearn',
    },
    expected: expectedDistances,
  },
  decide: { title: 'decision of a classifier', base: 'decide(row)', ours: ours.decide, expected: expectedDistances },
  calls: { title: 'calls for one row', base: EMPTY, ours: ours.calls, expected: expectedGradients },
};

/** @param {string} name @param {string} title @param {Shape} shape */
const titled = (name, title, shape) => ({
  id: `${name}-${shape.B}x${shape.D}x${shape.C}`,
  title,
  operation: title,
  shape,
  data: () => makeData(shape),
});

/** @param {Operation} operation @param {Shape} shape @param {Target[]} targets @returns {Case} */
export function callCase(operation, shape, ...targets) {
  const { ours, expected, ...call } = CALLS[operation];
  return {
    ...titled(operation, call.title, shape),
    ...call,
    operation,
    ours: (data) => ours(shape, data),
    expected: (data) => expected(shape, data),
    targets,
  };
}

/** @type {Shape} */
const SMALL = { B: 64, D: 64, C: 10 };
/** @type {Shape[]} */
const LARGE = [960, 10_000].map((C) => ({ B: 256, D: 128, C }));
const single = (/** @type {Shape} */ shape) => ({ ...shape, B: 1 });
const classes = (/** @type {Shape} */ { C }) => `C = ${C.toLocaleString('en')}`;

/** @returns {Case[]} */
const speed = () => [
  callCase('gradients', SMALL),
  ...LARGE.map((shape) => {
    const what = `loss + both gradients, ${classes(shape)}, touched: time over that of moving the bytes`;
    return callCase('gradients', shape, { what, row: CALLS.gradients.base, over: 'limit', atMost: 2 });
  }),
  ...LARGE.map((shape) => {
    const what = `step(batch), ${classes(shape)}: time over that of three calls`;
    return callCase('step', shape, { what, row: CALLS.step.base, over: ours.THREE_CALLS, atMost: 0.5 });
  }),
  callCase('distances', SMALL),
  ...LARGE.map((shape) => {
    const what = `distances, ${classes(shape)}: share of the multiply-add loop's rate`;
    return callCase('distances', shape, { what, row: CALLS.distances.base, over: 'multiply-adds', atLeast: 0.92 });
  }),
  ...[SMALL, ...LARGE].map((shape) => callCase('distances', single(shape))),
  ...[SMALL, ...LARGE, single(SMALL)].map((shape) => callCase('predict', shape)),
  ...[...LARGE.map(single), ...LARGE.map(({ C }) => ({ B: 1, D: 512, C }))].map((shape) => {
    const what = `predict, B = 1, D = ${shape.D}, ${classes(shape)}: time over that of reading the centers`;
    return callCase('predict', shape, { what, row: CALLS.predict.base, over: 'streaming', atMost: 1.1 });
  }),
  ...[
    { B: 1, D: 128, C: 960, atMost: 0.7 },
    { B: 1, D: 512, C: 10_000, atMost: 0.4 },
  ].map(({ atMost, ...shape }) => {
    const what = `decide, D = ${shape.D}, ${classes(shape)}: time over that of reading the centers`;
    return callCase('decide', shape, { what, row: CALLS.decide.base, over: 'streaming', atMost });
  }),
  callCase(
    'calls',
    single(SMALL),
    ...['evaluate(batch)', 'gradients(batch)', 'step(batch)'].map((row) => {
      const what = `${row}, B = 1, D = 64: on top of an empty call`;
      return { what, row, minus: EMPTY, atMost: 1.5 };
    }),
  ),
];

/** Cases of one shape: anchors alone if there are as many classes as dimensions. @param {Shape} shape @returns {Case[]} */
const openSetCases = (shape) =>
  Object.entries(openSet)
    .filter(([name]) => (name === ANCHORS ? shape.C <= shape.D : shape.C !== shape.D))
    .map(([name, [method, call]]) => ({
      ...titled(method, 'losses and scores', shape),
      base: name,
      data: () => ({
        ...(name === ANCHORS ? makeAnchors : makeData)(shape),
        logits: makeData({ B: shape.B, D: shape.C, C: 1 }, 2).x,
      }),
      ours: (data) => [call(name, shape, data)],
      python: { [`${name}, PyTorch`]: method },
    }));

/** LAPACK, which makes PyTorch's orthogonal matrices, has wider vectors than WebAssembly. */
const INIT_TARGETS = { normal: 1, orthogonal: 2 };

/** @param {keyof typeof INIT_TARGETS} init @param {number} C @param {number} D @returns {Case} */
function initCase(init, C, D) {
  const shape = { B: 1, D, C };
  const what = `${init}, ${C} × ${D}: time over PyTorch's`;
  return {
    ...titled(init, 'initial centers', shape),
    base: init,
    ours: () => ours.initial(init, shape),
    python: { [`${init}, PyTorch`]: init },
    targets: [{ what, row: init, over: `${init}, PyTorch`, atMost: INIT_TARGETS[init] }],
  };
}

/** Rows that no cache holds, as when they stream by, and rows that a small one holds. */
const STATISTICS_BYTES = { streamed: 64 * 2 ** 20, cached: 128 * 2 ** 10 };
const STATISTICS_SHAPES = [
  { D: 64, C: 10 },
  { D: 128, C: 10 },
  { D: 128, C: 1000 },
  { D: 512, C: 10 },
  { D: 512, C: 100 },
];

/** @param {'none' | 'diagonal'} covariance @param {keyof typeof STATISTICS_BYTES} where @returns {Case[]} */
const statisticsCases = (covariance, where) =>
  STATISTICS_SHAPES.map(({ D, C }) => {
    const shape = { B: STATISTICS_BYTES[where] / (4 * D), D, C };
    const title = `statistics of ${where} rows, covariance ${covariance}`;
    const what = `${title}, D = ${D}, C = ${C}: share of the streaming loop's rate`;
    return {
      ...titled(covariance, title, shape),
      base: 'add(batch)',
      ours: (data) => ours.statistics(covariance, shape, data),
      targets: [{ what, row: 'add(batch)', over: 'streaming', atLeast: 0.7 }],
    };
  });

/** @param {number} C @returns {Case} */
function changesCase(C) {
  const [shape, row] = [{ B: 1, D: 64, C }, 'add, rename and remove a class'];
  const what = `${row}, ${classes(shape)}: time over that of a decision`;
  return {
    ...titled('changes', 'changes of classes', shape),
    base: 'decide',
    ours: (data) => ours.changes(shape, data),
    targets: C < 100_000 ? [] : [{ what, row, over: 'decide', atMost: 0.05 }],
  };
}

/** @type {Record<string, Case[]>} */
export const suites = {
  speed: speed(),
  'open-set': [
    ...[10, 100, 1000].flatMap((C) => openSetCases({ B: 256, D: 128, C })),
    ...[100, 1000].flatMap((C) => openSetCases({ B: 256, D: C, C })),
  ],
  init: [
    initCase('normal', 960, 128),
    initCase('normal', 10_000, 512),
    initCase('orthogonal', 128, 128),
    initCase('orthogonal', 500, 512),
    initCase('orthogonal', 1000, 512),
  ],
  classes: [1000, 10_000, 100_000].map(changesCase),
  statistics: [
    ...statisticsCases('none', 'streamed'),
    ...statisticsCases('diagonal', 'streamed'),
    ...statisticsCases('none', 'cached'),
    ...statisticsCases('diagonal', 'cached'),
  ],
};
