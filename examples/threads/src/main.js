// @ts-check
// Usage: node src/main.js [--threads N] [--rows N] [--rounds N] — compares the time of N threads with that of one.
import assert from 'node:assert/strict';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { CenterLoss, OpenSetClassifier } from 'center-loss';
import { Pool, sharedFloats } from './pool.js';

const [CLASSES, DIM] = [100, 128];
const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: `${availableParallelism()}` },
    rows: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '9' },
  },
});
const [threads, rows, rounds] = [Number(values.threads), Number(values.rows), Number(values.rounds)];
if (!(threads >= 1 && rows >= 1 && rounds >= 1)) throw new RangeError('each option must be a number above 0');

const loss = new CenterLoss(CLASSES, DIM, { init: 'normal', seed: 1 });
const classifier = new OpenSetClassifier(loss, { threshold: DIM });
const x = sharedFloats(rows * DIM);
for (const i of x.keys()) x[i] = (loss.centers.params[i % (CLASSES * DIM)] ?? 0) + 3.4 * (Math.random() - 0.5);
const expected = classifier.classify(x);

/** Classifies all rows, and gives the milliseconds that it took. @param {Pool} pool */
async function timed(pool) {
  const start = performance.now();
  const { labels, scores } = await pool.classify(x);
  const ms = performance.now() - start;
  assert.deepEqual(Int32Array.from(labels), expected.labels);
  assert.deepEqual(Float32Array.from(scores), expected.scores);
  return ms;
}

/** Median, least and greatest. @param {number[]} numbers @param {number} digits */
function summary(numbers, digits) {
  const sorted = numbers.toSorted((a, b) => a - b).map((value) => value.toFixed(digits));
  return `${sorted[sorted.length >> 1]} (${sorted[0]}–${sorted.at(-1)})`;
}

console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores (load ${loadavg()[0]?.toFixed(1)})`);
console.log(`${rows} rows of ${DIM} values, ${CLASSES} centers, ${rounds} rounds`);
const [one, many] = [new Pool(classifier, 1), new Pool(classifier, threads)];
// Code becomes fast while it runs, so the first calls are not counted.
await timed(one);
await timed(many);
const [alone, together] = [Array(rounds).fill(0), Array(rounds).fill(0)];
// The pools take turns, since other programs may use the cores for some of the rounds.
for (let round = 0; round < rounds; round++) {
  alone[round] = await timed(one);
  together[round] = await timed(many);
}
console.log(`1 thread, ms:  ${summary(alone, 0)}`);
console.log(`${threads} threads, ms: ${summary(together, 0)}`);
const speedUps = alone.map((ms, round) => ms / together[round]);
console.log(`speed-up:      ${summary(speedUps, 2)}`);
console.log('Every call gave the labels and scores of the main thread, to the last bit.');
await Promise.all([one.stop(), many.stop()]);
