// @ts-check
/**
 * The worker, but its object delivers batches to itself, with faults, as fast as it can merge them. The deliveries need no
 * network, so a million takes minutes.
 */
import { ClassStatistics } from 'center-loss';
import { HttpError } from '../../edge-worker/src/http.js';
import { random } from '../../edge-worker/test/random.js';
import { FitObject as Fit } from '../src/fit-object.js';
import worker from '../src/worker.js';
import { KINDS, makeBatch, SHAPE } from './batches.js';

/** @import { DurableObjectState } from 'cloudflare:workers' */
/** @import { FitEnv } from '../src/worker.js' */

/** Distance within which batches of a producer are reordered. */
const REORDERED = 48;
/** Deliveries between two commits to the database. */
const COMMIT_EVERY = 64;

export class FitObject extends Fit {
  #writesLeft = Number.POSITIVE_INFINITY;

  /** @param {DurableObjectState} state @param {unknown} env */
  constructor(state, env) {
    const { kv } = state.storage;
    // A write fails after some others, so that the transaction is rolled back.
    const put = (/** @type {string} */ key, /** @type {unknown} */ value) => {
      if (this.#writesLeft-- <= 0) throw new HttpError(500, 'ERR_WRITE', 'the write fails');
      kv.put(key, value);
    };
    Object.defineProperty(state.storage, 'kv', { value: { get: (/** @type {string} */ key) => kv.get(key), put } });
    super(state, env);
  }

  /**
   * Delivers batches that are missing.
   * @param {number} producers @param {number} batches of each @param {number} seed @param {number} limit of deliveries
   * @returns numbers of deliveries
   * @throws Error if a reply is wrong
   */
  async simulate(producers, batches, seed, limit) {
    const files = Array.from({ length: KINDS }, (_, kind) => {
      using statistics = new ClassStatistics(SHAPE.nClasses, SHAPE.nDim);
      const { x, target } = makeBatch(kind);
      statistics.add(x, target);
      return statistics.save();
    });
    const draw = random(seed);
    const counts = { delivered: 0, merged: 0, lost: 0, replyLost: 0, late: 0, failed: 0 };
    /** @param {number} producer @param {number} number @param {boolean} isMerged before */
    const deliver = async (producer, number, isMerged) => {
      counts.delivered++;
      const response = await this.merge(`${producer}`, number, files[number % KINDS] ?? new Uint8Array());
      const { merged } = await response.json();
      if (response.status !== 200 || merged === isMerged)
        throw new Error(`batch ${number}: ${response.status} ${merged}`);
      counts.merged += merged;
    };
    /** @param {number} producer */
    const simulateProducer = async (producer) => {
      const { next, ahead } = await (await this.progress(`${producer}`)).json();
      const merged = new Set(ahead);
      for (let first = next; first < batches && counts.delivered < limit; first += REORDERED) {
        const length = Math.min(REORDERED, batches - first);
        const queue = Array.from({ length }, (_, i) => first + i).filter((number) => !merged.has(number));
        while (queue.length > 0 && counts.delivered < limit) {
          const [number = 0] = queue.splice(Math.floor(draw() * queue.length), 1);
          const fault = draw();
          if (fault < 0.05) counts.lost++;
          else if (fault < 0.1) {
            this.#writesLeft = Math.floor(3 * draw());
            const reply = this.merge(`${producer}`, number, files[number % KINDS] ?? new Uint8Array());
            // The transaction is over, and other producers have their turn.
            this.#writesLeft = Number.POSITIVE_INFINITY;
            const { status } = await reply;
            // A copy of a merged batch writes nothing.
            if (status !== (merged.has(number) ? 200 : 500))
              throw new Error(`batch ${number}: ${status}, but a write failed`);
            counts.failed++;
          } else {
            await deliver(producer, number, merged.has(number));
            merged.add(number);
            if (fault < 0.15) counts.replyLost++;
          }
          if (fault < 0.15) queue.push(number);
          if (fault > 0.95 && first > 0) {
            counts.late++;
            await deliver(producer, Math.floor(draw() * first), true);
          }
          if (counts.delivered % COMMIT_EVERY === 0) await new Promise((resolve) => setTimeout(resolve, 0));
        }
        merged.clear();
      }
    };
    await Promise.all(Array.from({ length: producers }, (_, producer) => simulateProducer(producer)));
    return counts;
  }
}

export default {
  /** @param {Request} request @param {FitEnv} env */
  async fetch(request, env) {
    const simulation = request.headers.get('x-simulation');
    if (!simulation) return worker.fetch(request, env);
    /** @type {any} */
    const fit = env.FITS.getByName('load');
    return Response.json(await fit.simulate(...JSON.parse(simulation)));
  },
};
