// @ts-check

import { CenterLoss } from 'center-loss';
import { timed } from '../measure.js';
import { distancesDemand, gradientsDemand, predictDemand } from '../shapes.js';

/** @typedef {import('../shapes.js').Work} Work */
/** @typedef {import('../data.js').Data} Data */
/** @typedef {import('../measure.js').Contender} Contender */

const TOLERANCE = 1e-5;

/** What the others are compared with: the forms that copy nothing, as the others' data is in place too. */
export const bases = {
  gradients: ['gradients(batch)', 'gradients(batch), touched'],
  distances: ['distances(x, out)'],
  predict: ['predict(x)'],
};

/**
 * @param {Work} work
 * @param {Data} data
 * @returns {Contender[]}
 */
export function ours(work, data) {
  return { gradients, distances, predict }[work.kind](work, data);
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
 * @param {Work} work
 * @param {Data} data
 * @returns {Contender[]}
 */
function gradients(work, data) {
  const { B, C, D } = work.shape;
  const { x, target } = data;
  const classesInBatch = new Set(target).size;
  const dense = gradientsDemand(work.shape, classesInBatch, 'dense');
  const touched = gradientsDemand(work.shape, classesInBatch, 'touched');
  const onlyTouched = /** @type {const} */ ({ centers: 'touched' });

  const loss = withCenters(work, data);
  const batch = loss.batch(B);
  batch.x.set(x);
  batch.target.set(target);

  // Steps move the centers, so they have an object of their own.
  const training = withCenters(work, data);
  const trainingBatch = training.batch(B);
  trainingBatch.x.set(x);
  trainingBatch.target.set(target);

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
    {
      ...form(
        'step(batch)',
        touched,
        () => training.step(trainingBatch),
        () => ({
          centers: training.centers.params.slice(),
        }),
      ),
      dispose() {
        training.dispose();
        loss.dispose();
      },
    },
  ];
}

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
