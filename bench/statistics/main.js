// @ts-check
// Usage: node bench/statistics/main.js [--quick] — the rate at which ClassStatistics takes rows, beside that of a loop
// that reads and writes as many bytes as the statistics must. The goal is 0.7 of it.

import { parseArgs } from 'node:util';
import { ClassStatistics } from 'center-loss';
import { openRoofline } from '../contenders/roofline.js';
import { makeData } from '../data.js';
import { measure, timed } from '../measure.js';
import { efforts } from '../suite.js';
import { summarise } from '../summary.js';

/** @typedef {import('../shapes.js').Shape} Shape */
/** @typedef {import('center-loss').Covariance} Covariance */

const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
const GOAL = 0.7;

/** As many rows as no cache has, as when they stream by; and as many as a small one has, for what the kernels can do. */
const [STREAM_BYTES, CACHED_BYTES] = [64 * 2 ** 20, 128 * 2 ** 10];
/** @type {Shape[]} */
const SHAPES = [STREAM_BYTES, CACHED_BYTES].flatMap((bytes) =>
  [
    { D: 64, C: 10 },
    { D: 128, C: 10 },
    { D: 128, C: 1000 },
    { D: 512, C: 10 },
    { D: 512, C: 100 },
  ].map((shape) => ({ B: bytes / (4 * shape.D), ...shape })),
);
/** @type {Covariance[]} */
const COVARIANCES = ['none', 'diagonal'];

/**
 * Labels and rows read, a pivot for each class of the batch; one or two sums of each read and written. What goes to
 * the totals goes there once in 64 rows, and is not counted.
 *
 * @param {Shape} shape
 * @param {number} classesInBatch
 * @param {number} sums
 * @returns {import('../shapes.js').Demand}
 */
const demandOf = ({ B, D }, classesInBatch, sums) => ({
  reads: 4 * (B + B * D + classesInBatch * D),
  writes: 0,
  inPlace: 4 * sums * classesInBatch * D,
  multiplyAdds: sums * B * D,
});

/** Rows of a few thousand, again and again. @param {Shape} shape */
function dataOf(shape) {
  const part = makeData({ ...shape, B: Math.min(shape.B, 4099) });
  const [x, target] = [new Float32Array(shape.B * shape.D), new Int32Array(shape.B)];
  for (let i = 0; i < x.length; i += part.x.length) x.set(part.x.subarray(0, x.length - i), i);
  for (let i = 0; i < target.length; i++) target[i] = part.target[i % part.target.length] ?? 0;
  return { x, target };
}

/**
 * @param {Shape} shape
 * @param {Covariance} covariance
 * @returns {import('../measure.js').Contender[]}
 */
function contenders(shape, covariance) {
  const { x, target } = dataOf(shape);
  const statistics = new ClassStatistics(shape.C, shape.D, { covariance });
  const batch = statistics.batch(shape.B);
  batch.x.set(x);
  batch.target.set(target);
  const demand = demandOf(shape, new Set(target).size, covariance === 'none' ? 1 : 2);
  const form = { group: /** @type {const} */ ('ours'), demand, tolerance: 0, outcome: () => ({}) };
  return [
    { ...form, name: 'add(batch)', time: timed(() => statistics.add(batch)), dispose: () => batch.dispose() },
    {
      ...form,
      name: 'add(x, target)',
      time: timed(() => statistics.add(x, target)),
      dispose: () => statistics.dispose(),
    },
  ];
}

const roofline = await openRoofline();
console.log('shape, covariance'.padEnd(46), 'call'.padEnd(16), 'GB/s of x', 'of streaming (quartiles)');
for (const shape of SHAPES) {
  for (const covariance of COVARIANCES) {
    const mine = contenders(shape, covariance);
    const bounds = roofline.contenders(
      'step',
      mine.flatMap(({ demand }) => demand ?? []),
    );
    const timings = await measure([...mine, ...bounds], quick ? efforts.quick : efforts.full);
    for (const { name, group, ns, bound } of summarise(timings, [])) {
      if (group !== 'ours' || !ns || !bound) continue;
      const rate = (4 * shape.B * shape.D) / ns.median;
      const share = (/** @type {number} */ times) => (1 / times).toFixed(2);
      const { median, q1, q3 } = bound.times;
      const mark = 1 / median >= GOAL ? '✓' : '✗';
      const title = `B = ${shape.B}, D = ${shape.D}, C = ${shape.C}, ${covariance}`;
      console.log(
        title.padEnd(46),
        name.padEnd(16),
        rate.toFixed(1).padStart(9),
        `${share(median)} (${share(q3)}–${share(q1)}) ${mark}`,
        bound.by,
      );
    }
    for (const { dispose } of mine) dispose?.();
  }
}
