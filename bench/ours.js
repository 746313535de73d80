// @ts-check
// The calls of the package that are timed, in their forms, with the least that each must move and compute.

import * as centerLoss from 'center-loss';
import { ALPHA, scatter } from './data.js';
import { timed } from './measure.js';

// The package warns of gradients whose centers never move, which is so here.
console.warn = () => {};

/** @import { Cost, Data, Implementation, Numbers, Results, Shape } from './types.js' */
/** @typedef {{ classes: Int32Array, rows: Float32Array }} TouchedRows */
/** @typedef {{ loss: number, gradX: Float32Array, gradCenters?: Float32Array | TouchedRows | null }} Gradients */

export const THREE_CALLS = 'evaluate, gradients, update by hand';

const TOUCHED = /** @type {const} */ ({ centers: 'touched' });

/**
 * @template T
 * @param {string} name
 * @param {() => T} run
 * @param {((result: T) => Results) | undefined} named  its result under the names of data.js
 * @param {Partial<Implementation>} [more]
 * @returns {Implementation}
 */
export const form = (name, run, named, more) => ({
  name,
  tolerance: 1e-5,
  ...(named && { results: () => named(run()) }),
  time: timed(run),
  ...more,
});

/** @param {Data} data */
const classesIn = ({ target }) => new Set(target).size;

/** @param {Shape} shape @param {Data} data */
function open({ B, D, C }, data) {
  const loss = new centerLoss.CenterLoss(C, D, { init: data.centers });
  return { loss, ...filledBatch(loss, B, data) };
}

/**
 * @template {{ batch(rows: number): import('center-loss').Batch, dispose(): void }} Owner
 * @param {Owner} owner
 * @param {number} B
 * @param {Data} data
 */
export function filledBatch(owner, B, { x, target }) {
  const batch = owner.batch(B);
  batch.x.set(x);
  batch.target.set(target);
  const dispose = () => {
    batch.dispose();
    owner.dispose();
  };
  return { batch, dispose };
}

/** @param {Shape} shape @returns {(result: Gradients) => Results} */
export const namedGradients =
  (shape) =>
  ({ loss, gradX, gradCenters }) => {
    if (!gradCenters) return { loss: [loss], gradX };
    const all =
      gradCenters instanceof Float32Array ? gradCenters : scatter(gradCenters.classes, gradCenters.rows, shape);
    return { loss: [loss], gradX, gradCenters: all };
  };

/**
 * A gather reads each input once and writes each output once. It takes two multiply-adds an element: the square into
 * the loss, and the residual into the gradient of its center.
 *
 * @param {Shape} shape
 * @param {number} classes  distinct labels, as only their centers are read
 * @param {number} written  values of the centers' gradient
 * @returns {Cost}
 */
const gradientsCost = ({ B, D }, classes, written) => ({
  reads: 4 * (B + B * D + classes * D),
  writes: 4 * (B * D + written),
  inPlace: 0,
  multiplyAdds: 2 * B * D,
});

/** @param {Shape} shape @param {number} written  values @returns {Cost} */
const pairsCost = ({ B, D, C }, written) => ({
  reads: 4 * (B * D + C * D),
  writes: 4 * written,
  inPlace: 0,
  multiplyAdds: B * C * D,
});

/** @param {Shape} shape @param {Data} data @returns {Implementation[]} */
export function gradients(shape, data) {
  const { loss, batch, dispose } = open(shape, data);
  const classes = classesIn(data);
  const dense = gradientsCost(shape, classes, shape.C * shape.D);
  const touched = gradientsCost(shape, classes, classes * (shape.D + 1));
  const { x, target } = data;
  const named = namedGradients(shape);
  return [
    form('gradients(x, target)', () => loss.gradients(x, target), named, { cost: dense, dispose }),
    form('gradients(x, target), touched', () => loss.gradients(x, target, TOUCHED), named, { cost: touched }),
    // The zeros of other classes already stand in the batch, so dense moves no more than touched.
    form('gradients(batch)', () => loss.gradients(batch), named, { cost: touched }),
    form('gradients(batch), touched', () => loss.gradients(batch, TOUCHED), named, { cost: touched }),
  ];
}

/** @param {Shape} shape @param {Data} data @returns {Implementation[]} */
export function step(shape, data) {
  const { B, D } = shape;
  /** @type {Cost} */
  const cost = {
    reads: 4 * (B + B * D),
    writes: 4 * B * D,
    inPlace: 4 * classesIn(data) * D,
    multiplyAdds: 2 * B * D,
  };
  /** @param {string} name @param {(opened: ReturnType<typeof open>) => () => Gradients} prepare */
  const moving = (name, prepare) => {
    // Steps move the centers, so each form has an object of its own.
    const opened = open(shape, data);
    const run = prepare(opened);
    const results = () => {
      opened.loss.centers.params.set(data.centers);
      const { loss, gradX } = run();
      return { loss: [loss], gradX, centers: opened.loss.centers.params.slice() };
    };
    return form(name, run, undefined, { cost, results, dispose: opened.dispose });
  };
  return [
    moving('step(batch)', ({ loss, batch }) => loss.step.bind(loss, batch)),
    moving(THREE_CALLS, (opened) => {
      const twoCalls = gradientsAndUpdate(shape, opened);
      return () => ({ loss: opened.loss.evaluate(opened.batch), gradX: twoCalls().gradX });
    }),
    moving('gradients, update by hand', (opened) => gradientsAndUpdate(shape, opened)),
  ];
}

/** Wen's rule from the gradient, which is Σ(c − x) times 2/(B·C). @param {Shape} shape @param {ReturnType<typeof open>} opened */
function gradientsAndUpdate({ B, C, D }, { loss, batch }) {
  /** @type {Numbers} */
  const counts = new Int32Array(C);
  return () => {
    const result = loss.gradients(batch, TOUCHED);
    if (!result.gradCenters) throw new Error('the centers are fixed');
    /** @type {{ classes: Numbers, rows: Numbers, target: Numbers, params: Numbers }} */
    const arrays = { ...result.gradCenters, target: batch.target, params: loss.centers.params };
    const { classes, rows, target, params } = arrays;
    for (let b = 0; b < B; b++) counts[target[b]]++;
    for (let slot = 0; slot < classes.length; slot++) {
      const label = classes[slot];
      const rate = (ALPHA * B * C) / (2 * (1 + counts[label]));
      counts[label] = 0;
      for (let d = 0; d < D; d++) params[label * D + d] -= rate * rows[slot * D + d];
    }
    return result;
  };
}

/** @param {Shape} shape @param {Data} data @returns {Implementation[]} */
export function distances(shape, data) {
  const { loss, dispose } = open(shape, data);
  const out = new Float32Array(shape.B * shape.C);
  const cost = pairsCost(shape, shape.B * shape.C);
  const named = (/** @type {Float32Array} */ all) => ({ distances: all });
  return [
    form('distances(x)', () => loss.centers.distances(data.x), named, { cost, dispose }),
    form('distances(x, out)', () => loss.centers.distances(data.x, out), named, { cost }),
  ];
}

/** @param {Shape} shape @param {Data} data @returns {Implementation[]} */
export function predict(shape, data) {
  const { loss, dispose } = open(shape, data);
  const cost = pairsCost(shape, shape.B);
  const named = (/** @type {Int32Array} */ nearest) => ({ nearest });
  return [form('predict(x)', () => loss.centers.predict(data.x), named, { cost, dispose })];
}

/** A classifier that has its codes, and centers without codes. @param {Shape} shape @param {Data} data */
export function decide(shape, data) {
  const { C, D } = shape;
  const classifier = new centerLoss.OpenSetClassifier({ params: data.centers, nClasses: C, nDim: D });
  for (let row = 0; row < 64; row++) classifier.decide(data.x);
  const cost = pairsCost(shape, 1);
  const [decided, named] = ['decide(row)', (/** @type {Int32Array} */ nearest) => ({ nearest })];
  return [
    form(
      decided,
      () => classifier.decide(data.x),
      ({ label }) => ({ nearest: [label] }),
      {
        cost,
        dispose: () => classifier.dispose(),
      },
    ),
    form('predict(row) of the classifier', () => classifier.predict(data.x), named, { cost }),
    form('predict(row) of its centers', () => classifier.centers.predict(data.x), named, { cost }),
  ];
}

/** One row in place, where most of the time is that of a call. @param {Shape} shape @param {Data} data */
export function calls(shape, data) {
  const { loss, batch, dispose } = open(shape, data);
  const named = namedGradients(shape);
  const namedLoss = (/** @type {number} */ value) => ({ loss: [value] });
  return [
    form('evaluate(batch)', () => loss.evaluate(batch), namedLoss, { dispose }),
    form('gradients(batch)', () => loss.gradients(batch), named),
    form('gradients(batch), touched', () => loss.gradients(batch, TOUCHED), named),
    // The last, as it moves the centers.
    form('step(batch)', () => loss.step(batch), named),
  ];
}

/** Rows into statistics of classes. @param {'none' | 'diagonal'} covariance @param {Shape} shape @param {Data} data */
export function statistics(covariance, { B, D, C }, data) {
  const totals = new centerLoss.ClassStatistics(C, D, { covariance });
  const { batch, dispose } = filledBatch(totals, B, data);
  const classes = classesIn(data);
  const sums = covariance === 'none' ? 1 : 2;
  // Rows and a pivot for each class are read, one or two sums read and written. Totals change only once in 64 rows.
  const cost = {
    reads: 4 * (B + B * D + classes * D),
    writes: 0,
    inPlace: 4 * sums * classes * D,
    multiplyAdds: sums * B * D,
  };
  return [
    form('add(batch)', () => totals.add(batch), undefined, { cost, dispose }),
    form('add(x, target)', () => totals.add(data.x, data.target), undefined, { cost }),
  ];
}

/** A new object, memory included. @param {'normal' | 'orthogonal'} init @param {Shape} shape */
export const initial = (init, { C, D }) => [
  form(init, () => new centerLoss.CenterLoss(C, D, { init, seed: 1 }).dispose(), undefined),
];

/** Changes of the classes of a classifier, beside a decision among all of them. @param {Shape} shape @param {Data} data */
export function changes({ D, C }, { centers }) {
  const [names, example] = [Array.from({ length: C }, (_, j) => `${j}`), centers.slice(0, D)];
  const classifier = new centerLoss.OpenSetClassifier({ params: centers, nClasses: C, nDim: D, names });
  const change = () => {
    classifier.addClass('new', example);
    classifier.renameClass('new', 'newer');
    classifier.removeClass('newer');
  };
  return [
    form('decide', () => classifier.decide(example), undefined, { dispose: () => classifier.dispose() }),
    form('add, rename and remove a class', change, undefined),
  ];
}
