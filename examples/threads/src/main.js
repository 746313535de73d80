// @ts-check
// Usage: node src/main.js [--threads N] [--rows N] [--rounds N] [--copied] — compares the time of N threads with that of one.
import assert from 'node:assert/strict';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { CenterLoss, OpenSetClassifier } from 'center-loss';
import { ClassifierPool } from 'center-loss/pool';

const [CLASSES, DIM] = [100, 128];
const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: `${availableParallelism()}` },
    rows: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '9' },
    copied: { type: 'boolean', default: false },
  },
});
const [threads, rows, rounds] = [Number(values.threads), Number(values.rows), Number(values.rounds)];
if (!(threads >= 1 && rows >= 1 && rounds >= 1)) throw new RangeError('each option must be a number above 0');

const loss = new CenterLoss(CLASSES, DIM, { init: 'normal', seed: 1 });
const classifier = new OpenSetClassifier(loss, { threshold: DIM });
const bytes = 4 * rows * DIM;
const x = new Float32Array(values.copied ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes));
const params = loss.centers.toArray();
for (let i = 0; i < x.length; i++) x[i] = (params[i % params.length] ?? 0) + 3.4 * (Math.random() - 0.5);
const expected = classifier.classify(x);

/** @typedef {{ ms: number[], cpu: number[] }} Times */

/**
 * Classifies all rows, checks the results, and notes the time of the clock and of the processors.
 * @param {ClassifierPool | OpenSetClassifier} by @param {Times} [times]
 */
async function timed(by, times) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const { labels, scores, nearest } = await by.classify(x);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  times?.ms.push(ms);
  times?.cpu.push((user + system) / 1000);
  for (const [found, wanted] of [
    [labels, expected.labels],
    [scores, expected.scores],
    [nearest, expected.nearest],
  ]) {
    assert.equal(Buffer.compare(bytesOf(found), bytesOf(wanted)), 0);
  }
}

/** @param {ArrayBufferView} [view] */
const bytesOf = (view = new Uint8Array()) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** Median and quartiles. @param {number[]} numbers @param {number} digits */
function summary(numbers, digits) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(digits);
  return `${at(0.5)} (${at(0.25)}–${at(0.75)})`;
}

console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores (load ${loadavg()[0]?.toFixed(1)})`);
console.log(`${rows} rows of ${DIM} values, ${CLASSES} centers, ${rounds} rounds; median (quartiles)`);
const [one, many] = await Promise.all([1, threads].map((workers) => ClassifierPool.create(classifier, { workers })));
const cases = { 'no pool': classifier, '1 thread': one, [`${threads} threads`]: many };
/** @type {Record<string, Times>} */
const times = {};
for (const [name, by] of Object.entries(cases)) {
  times[name] = { ms: [], cpu: [] };
  // Code becomes fast while it runs, so the first calls are not counted.
  if (by) await timed(by);
}
// They take turns, since other programs may use the cores for some of the rounds.
for (let round = 0; round < rounds; round++) {
  for (const [name, by] of Object.entries(cases)) if (by) await timed(by, times[name]);
}
for (const [name, { ms, cpu }] of Object.entries(times)) {
  console.log(`${`${name}:`.padEnd(12)} ${summary(ms, 0)} ms, processors ${summary(cpu, 0)} ms`);
}
const speedUp = (/** @type {string} */ name) =>
  summary(times[name]?.ms.map((ms, round) => ms / (times[`${threads} threads`]?.ms[round] ?? 0)) ?? [], 2);
console.log(`speed-up:    ${speedUp('1 thread')} to 1 thread, ${speedUp('no pool')} to no pool`);
console.log('Every call gave the results of the main thread, to the last bit.');
one?.dispose();
many?.dispose();
