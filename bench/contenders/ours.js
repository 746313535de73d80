// @ts-check

import { CenterLoss } from 'center-loss';
import { timed } from '../measure.js';
import { ALPHA } from '../reference.js';
import { distancesDemand, gradientsDemand, predictDemand, stepDemand } from '../shapes.js';
import { EMPTY } from './roofline.js';

/** @typedef {import('../shapes.js').Work} Work */
/** @typedef {import('../data.js').Data} Data */
/** @typedef {import('../data.js').Numbers} Numbers */
/** @typedef {import('../measure.js').Contender} Contender */

const TOLERANCE = 1e-5;

export const THREE_CALLS = 'evaluate, gradients, update by hand';

/** What the others are compared with: the forms that copy nothing, as the others' data is in place too. */
export const bases = {
  gradients: ['gradients(batch)', 'gradients(batch), touched'],
  step: ['step(batch)'],
  distances: ['distances(x, out)'],
  predict: ['predict(x)'],
  calls: [EMPTY],
};

const onlyTouched = /** @type {const} */ ({ centers: 'touched' });

/**
 * @param {Work} work
 * @param {Data} data
 * @returns {Contender[]}
 */
export function ours(work, data) {
  return { gradients, step, distances, predict, calls }[work.kind](work, data);
}

/**
 * @param {Work} work
 * @param {Data} data
 */
function withCenters({ shape }, { centers }) {
  const loss = new CenterLoss(shape.C, shape.D, { reduction: 'mean', init: 'normal', seed: 1 });
  loss.centers.params.set(centers);
  return loss;
}

/**
 * @param {CenterLoss} loss
 * @param {Data} data
 */
function filledBatch(loss, { x, target }) {
  const batch = loss.batch(target.length);
  batch.x.set(x);
  batch.target.set(target);
  return batch;
}

/**
 * @param {Work} work
 * @param {Data} data
 * @returns {Contender[]}
 */
function gradients(work, data) {
  const { C, D } = work.shape;
  const { x, target } = data;
  const classesInBatch = new Set(target).size;
  const dense = gradientsDemand(work.shape, classesInBatch, 'dense');
  const touched = gradientsDemand(work.shape, classesInBatch, 'touched');

  const loss = withCenters(work, data);
  const batch = filledBatch(loss, data);

  /** @param {{ classes: Int32Array, rows: Float32Array }} gradient */
  const scatter = ({ classes, rows }) => {
    const all = new Float32Array(C * D);
    classes.forEach((label, row) => {
      all.set(rows.subarray(row * D, (row + 1) * D), label * D);
    });
    return all;
  };

  /**
   * @template {{ loss: number, gradX: Float32Array }} Result
   * @param {string} name
   * @param {import('../shapes.js').Demand} demand
   * @param {() => Result} run
   * @param {(result: Result) => import('../reference.js').Outcome} rest
   * @returns {Contender}
   */
  const form = (name, demand, run, rest) => ({
    name,
    group: 'ours',
    demand,
    tolerance: TOLERANCE,
    outcome() {
      const result = run();
      return { loss: [result.loss], gradX: result.gradX, ...rest(result) };
    },
    time: timed(run),
  });

  /** @param {{ gradCenters: Float32Array | null }} result */
  const all = ({ gradCenters }) => ({ gradCenters: gradCenters ?? [] });
  /** @param {{ gradCenters: { classes: Int32Array, rows: Float32Array } | null }} result */
  const scattered = ({ gradCenters }) => ({ gradCenters: gradCenters ? scatter(gradCenters) : [] });

  return [
    form('gradients(x, target)', dense, () => loss.gradients(x, target), all),
    form('gradients(x, target), touched', touched, () => loss.gradients(x, target, onlyTouched), scattered),
    // In place the zeros of other classes already stand there: dense moves no more than touched.
    form('gradients(batch)', touched, () => loss.gradients(batch), all),
    form('gradients(batch), touched', touched, () => loss.gradients(batch, onlyTouched), scattered),
  ].map((contender, i) => (i === 0 ? { ...contender, dispose: () => [loss, batch].forEach(dispose) } : contender));
}

/**
 * @param {Work} work
 * @param {Data} data
 * @returns {Contender[]}
 */
function step(work, data) {
  const demand = stepDemand(work.shape, new Set(data.target).size);
  /**
   * Steps move the centers, so each form has an object of its own.
   *
   * @param {string} name
   * @param {(loss: CenterLoss, batch: ReturnType<typeof filledBatch>) => () => { loss: number, gradX: Float32Array }} prepare
   * @returns {Contender}
   */
  const form = (name, prepare) => {
    const loss = withCenters(work, data);
    const batch = filledBatch(loss, data);
    const run = prepare(loss, batch);
    return {
      name,
      group: 'ours',
      demand,
      tolerance: TOLERANCE,
      outcome() {
        loss.centers.params.set(data.centers);
        const { loss: value, gradX } = run();
        return { loss: [value], gradX, centers: loss.centers.params.slice() };
      },
      time: timed(run),
      dispose: () => [loss, batch].forEach(dispose),
    };
  };
  return [
    form('step(batch)', (loss, batch) => () => loss.step(batch)),
    form(THREE_CALLS, (loss, batch) => {
      const move = updateByHand(work.shape, loss, batch);
      return () => {
        const value = loss.evaluate(batch);
        const { gradX, gradCenters } = loss.gradients(batch, onlyTouched);
        move(gradCenters);
        return { loss: value, gradX };
      };
    }),
    form('gradients, update by hand', (loss, batch) => {
      const move = updateByHand(work.shape, loss, batch);
      return () => {
        const { loss: value, gradX, gradCenters } = loss.gradients(batch, onlyTouched);
        move(gradCenters);
        return { loss: value, gradX };
      };
    }),
  ];
}

/**
 * Wen's rule from the gradient, in which Σ(c − x) stands times 2/(B·C).
 *
 * @param {import('../shapes.js').Shape} shape
 * @param {CenterLoss} loss
 * @param {ReturnType<typeof filledBatch>} batch
 */
function updateByHand({ B, C, D }, loss, batch) {
  /** @type {Numbers} */
  const counts = new Int32Array(C);
  return (/** @type {{ classes: Int32Array, rows: Float32Array } | null} */ gradient) => {
    if (!gradient) throw new Error('the centers are fixed');
    /** @type {{ classes: Numbers, rows: Numbers }} */
    const { classes, rows } = gradient;
    /** @type {Numbers} */
    const target = batch.target;
    /** @type {Numbers} */
    const params = loss.centers.params;
    for (let b = 0; b < B; b++) counts[target[b]]++;
    for (let slot = 0; slot < classes.length; slot++) {
      const label = classes[slot];
      const rate = (ALPHA * B * C) / (2 * (1 + counts[label]));
      counts[label] = 0;
      for (let d = 0; d < D; d++) params[label * D + d] -= rate * rows[slot * D + d];
    }
  };
}

/**
 * One row in place: little is left but what a call takes.
 *
 * @param {Work} work
 * @param {Data} data
 * @returns {Contender[]}
 */
function calls(work, data) {
  const loss = withCenters(work, data);
  const batch = filledBatch(loss, data);
  const own = { group: /** @type {const} */ ('ours'), tolerance: TOLERANCE };
  /**
   * @template Result
   * @param {string} name
   * @param {() => Result} run
   * @param {(result: Result) => import('../reference.js').Outcome} outcome
   * @returns {Contender}
   */
  const form = (name, run, outcome) => ({ ...own, name, outcome: () => outcome(run()), time: timed(run) });
  return [
    form(
      'evaluate(batch)',
      () => loss.evaluate(batch),
      (value) => ({ loss: [value] }),
    ),
    form(
      'gradients(batch)',
      () => loss.gradients(batch),
      ({ loss: value, gradX, gradCenters }) => ({ loss: [value], gradX, gradCenters: gradCenters ?? [] }),
    ),
    form(
      'gradients(batch), touched',
      () => loss.gradients(batch, onlyTouched),
      ({ loss: value, gradX }) => ({ loss: [value], gradX }),
    ),
    {
      ...form(
        'step(batch)',
        () => loss.step(batch),
        ({ loss: value, gradX }) => ({ loss: [value], gradX, centers: loss.centers.params.slice() }),
      ),
      dispose: () => [loss, batch].forEach(dispose),
    },
  ];
}

const dispose = (/** @type {{ dispose(): void }} */ owner) => owner.dispose();

/**
 * @param {Work} work
 * @param {Data} data
 * @returns {Contender[]}
 */
function distances(work, data) {
  const { B, C } = work.shape;
  const { x } = data;
  const loss = withCenters(work, data);
  const out = new Float32Array(B * C);
  const demand = distancesDemand(work.shape);
  /**
   * @param {string} name
   * @param {() => Float32Array} run
   * @returns {Contender}
   */
  const form = (name, run) => ({
    name,
    group: 'ours',
    demand,
    tolerance: TOLERANCE,
    outcome: () => ({ distances: run() }),
    time: timed(run),
  });
  return [
    form('distances(x)', () => loss.centers.distances(x)),
    { ...form('distances(x, out)', () => loss.centers.distances(x, out)), dispose: () => loss.dispose() },
  ];
}

/**
 * @param {Work} work
 * @param {Data} data
 * @returns {Contender[]}
 */
function predict(work, data) {
  const { x } = data;
  const loss = withCenters(work, data);
  return [
    {
      name: 'predict(x)',
      group: 'ours',
      demand: predictDemand(work.shape),
      tolerance: TOLERANCE,
      outcome: () => ({ nearest: loss.centers.predict(x) }),
      time: timed(() => loss.centers.predict(x)),
      dispose: () => loss.dispose(),
    },
  ];
}
