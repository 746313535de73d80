// @ts-check
/** Runs producers that deliver all their batches while faults occur. */
import { deliver, newTally } from './delivery.js';
import { comesLate } from './faults.js';
import { closeConnections } from './post.js';
import { random, shuffle } from './random.js';

/** @import { Embeddings } from './embeddings.js' */
/** @import { Server } from './server.js' */

/** Deliveries of one producer that are under way at once, and length of the runs of numbers that are shuffled. */
const AT_ONCE = 4;
const MIXED = 32;

/**
 * @typedef {object} Plan
 * @property {string} fit
 * @property {number} producers
 * @property {number} batches of each producer
 * @property {number} restarts of the process with all workers and objects, while deliveries are under way
 * @property {boolean} faults
 */

/**
 * @param {Server} server @param {Embeddings} embeddings @param {Plan} plan
 * @param {() => void} onBatch called for each batch that was merged
 */
export async function run(server, embeddings, plan, onBatch) {
  const tally = newTally();
  const all = plan.producers * plan.batches;
  const restartAt = Array.from({ length: plan.restarts }, (_, i) => Math.floor((all * (i + 1)) / (plan.restarts + 1)));
  /** @type {Promise<void>[]} */
  const restarts = [];
  let done = 0;
  const onDone = () => {
    done++;
    if (restartAt.includes(done)) restarts.push(server.restart());
    onBatch();
  };
  const parcelOf = (/** @type {number} */ producer, /** @type {number} */ sequence) => {
    const nth = producer * plan.batches + sequence;
    return { nth, path: `/fits/${plan.fit}/batches/producer-${producer}/${sequence}`, body: embeddings.body(nth) };
  };
  const started = performance.now();
  try {
    await Promise.all(
      Array.from({ length: plan.producers }, async (_, producer) => {
        const order = orderOf(plan.batches, plan.faults, producer);
        const deliverer = async () => {
          for (let sequence = order.shift(); sequence !== undefined; sequence = order.shift()) {
            await deliver(server, parcelOf(producer, sequence), tally, plan.faults);
            onDone();
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, deliverer));
      }),
    );
    await Promise.all(restarts);
    const seconds = (performance.now() - started) / 1000;
    // Copies that the network held back until all producers are done.
    const late = Array.from({ length: all }, (_, nth) => nth).filter((nth) => plan.faults && comesLate(nth));
    for (const nth of late) {
      await deliver(server, parcelOf(Math.floor(nth / plan.batches), nth % plan.batches), tally, false);
    }
    return { tally, seconds, late: late.length };
  } finally {
    await Promise.allSettled(restarts);
    closeConnections();
  }
}

/** @param {number} batches @param {boolean} faults @param {number} seed */
function orderOf(batches, faults, seed) {
  const order = [];
  for (let first = 0; first < batches; first += MIXED) {
    const some = Array.from({ length: Math.min(MIXED, batches - first) }, (_, i) => first + i);
    if (faults) shuffle(some, random(seed));
    order.push(...some);
  }
  return order;
}
