// @ts-check
/** Sends batches to workers through many faults, and checks that the fit is that of one machine which has all rows. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CenterLoss, ClassStatistics } from 'center-loss';
import { workerd } from '../../edge-worker/test/load.js';
import { deliver, draw } from './delivery.js';
import { AUTHORIZATION, startServer } from './server.js';

/** @import { Tally } from './delivery.js' */
/** @typedef {{ producers: number, batches: number, rows: number, nClasses: number, nDim: number, restarts: number, faults: boolean }} Options */

const AT_ONCE = 4; // deliveries of one producer at the same time
const REORDERED = 32; // batches that follow each other and are reordered
const LATE_SHARE = 0.05; // of all batches, which come once more after the others

/** @param {Options} options @returns the outcome @throws Error if a batch is lost or counted twice */
export async function load(options) {
  const { producers, batches, rows, nClasses, nDim, restarts, faults } = options;
  const all = producers * batches;
  /** @type {Tally} */
  const tally = { requests: 0, bytes: 0, known: 0, failed: 0, faults: {} };
  const server = await startServer({ nClasses, nDim });
  try {
    /** @param {number} nth batch of all producers @param {boolean} faulty */
    const deliverNth = (nth, faulty) => {
      const path = `/fits/load/batches/${Math.floor(nth / batches)}/${nth % batches}`;
      const { x, target } = makeBatch(nth, options);
      const body = Buffer.concat([new Uint8Array(x.buffer), new Uint8Array(target.buffer)]);
      return deliver(server, path, body, tally, faulty);
    };

    let done = 0;
    /** @param {number[]} queue */
    const deliverQueue = async (queue) => {
      for (let nth = queue.shift(); nth !== undefined; nth = queue.shift()) {
        await deliverNth(nth, faults);
        // The others go on meanwhile.
        if (++done % Math.ceil(all / (restarts + 1)) === 0 && done < all) await server.restart();
      }
    };
    const [started, cpuBefore] = [performance.now(), workerd().seconds];
    await Promise.all(
      Array.from({ length: producers }, (_, producer) => {
        const queue = queueOf(producer * batches, batches, faults);
        return Promise.all(Array.from({ length: AT_ONCE }, () => deliverQueue(queue)));
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    // The time of a killed process is lost with it.
    const cpu = server.restarts === 0 ? workerd().seconds - cpuBefore : Number.NaN;

    const late = Array.from({ length: all }, (_, nth) => nth).filter((nth) => faults && draw('late', nth) < LATE_SHARE);
    for (const nth of late) await deliverNth(nth, false);

    const alone = new ClassStatistics(nClasses, nDim);
    let secondsAlone = 0;
    for (let nth = 0; nth < all; nth++) {
      const { x, target } = makeBatch(nth, options);
      const before = performance.now();
      alone.add(x, target);
      secondsAlone += (performance.now() - before) / 1000;
    }
    return {
      ...{ batches: all, ...tally, late: late.length, restarts: server.restarts },
      ...(await compare(await server.url, alone, options)),
      'samples/s': (all * rows) / seconds,
      'samples/s of one machine': (all * rows) / secondsAlone,
      'bytes/sample to workers': tally.bytes / (all * rows),
      'ms of workerd/batch': (1000 * cpu) / all,
    };
  } finally {
    await server.stop();
  }
}

/** Batches of one producer in the order in which they are sent. @param {number} first @param {number} length @param {boolean} reordered */
function queueOf(first, length, reordered) {
  const queue = Array.from({ length }, (_, i) => first + i);
  const place = (/** @type {number} */ nth) => Math.floor((nth - first) / REORDERED) + draw('order', nth);
  return reordered ? queue.sort((a, b) => place(a) - place(b)) : queue;
}

/** Makes a batch, the same at each call. Some rows have no class, some have a NaN. @param {number} nth @param {Options} options */
function makeBatch(nth, { rows, nClasses, nDim }) {
  // Initial centers are seeded N(0, 1) noise.
  const noise = new CenterLoss(rows, nDim, { init: 'normal', seed: nth });
  const x = noise.centers.toArray();
  noise.dispose();
  const target = Int32Array.from({ length: rows }, (_, row) => {
    const number = nth * rows + row;
    // The square makes some classes more frequent than others.
    const label = Math.floor(nClasses * ((number * 0.6180339887498949) % 1) ** 2);
    for (let at = row * nDim; at < (row + 1) * nDim; at++) x[at] = (x[at] ?? 0) + (label % 5);
    if (number % 1009 === 5) x[row * nDim] = Number.NaN;
    return number % 97 === 0 ? -1 : label;
  });
  return { x, target };
}

/** @param {URL} url @param {ClassStatistics} alone @param {Options} options */
async function compare(url, alone, { producers, batches }) {
  const get = (/** @type {string} */ path) => fetch(new URL(`/fits/load${path}`, url), { headers: AUTHORIZATION });
  const { version, rejected } = await (await get('')).json();
  assert.equal(version, producers * batches, 'each batch is merged once');
  assert.equal(rejected, alone.rejected, 'rows with a NaN are counted once');
  for (let producer = 0; producer < producers; producer++) {
    const progress = await (await get(`/producers/${producer}`)).json();
    assert.deepEqual(progress, { next: batches, ahead: [] }, 'no batch of a producer is missing');
  }
  const file = await (await get('/statistics')).arrayBuffer();
  const fit = ClassStatistics.load(file);
  assert.deepEqual(fit.counts, alone.counts, 'each row is counted once');
  const farthest = (/** @type {Float64Array} */ ours, /** @type {Float64Array} */ theirs) =>
    ours.reduce((most, value, i) => Math.max(most, Math.abs(value - (theirs[i] ?? Number.NaN))), 0);
  const [means, variances] = [farthest(fit.means, alone.means), farthest(fit.variances(), alone.variances())];
  assert.ok(means <= 1e-6 && variances <= 1e-6, `means differ by ${means}, variances by ${variances}`);
  return { rejected, 'difference of means': means, 'bytes of statistics': file.byteLength };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      producers: { type: 'string', default: '4' },
      batches: { type: 'string', default: '100' },
      rows: { type: 'string', default: '2048' },
      classes: { type: 'string', default: '32' },
      dim: { type: 'string', default: '64' },
      restarts: { type: 'string', default: '2' },
      'no-faults': { type: 'boolean', default: false },
    },
  });
  const { producers, batches, rows, classes, dim } = values;
  const faults = !values['no-faults'];
  const sizes = { producers: +producers, batches: +batches, rows: +rows, nClasses: +classes, nDim: +dim };
  console.log(await load({ ...sizes, restarts: faults ? +values.restarts : 0, faults }));
}
