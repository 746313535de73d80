// @ts-check
/**
 * One fit: merges the statistics of batches exactly once, and serves them.
 *
 * The object keeps nothing in memory, so a restart or a failed transaction leaves nothing to repair. The runtime sends
 * no reply before the writes are on disk.
 */
import { DurableObject } from 'cloudflare:workers';
import { ClassStatistics } from 'center-loss';
import { failure, HttpError } from '../../edge-worker/src/http.js';
import { LIMITS } from './limits.js';
import { aheadOf, mark, NOTHING_MERGED, place, WINDOW } from './sequences.js';

/** @import { DurableObjectState } from 'cloudflare:workers' */
/** @import { Merged } from './sequences.js' */

/**
 * @typedef {object} Fit
 * @property {string} birth id that tells this fit from a deleted one of the same name
 * @property {number} version number of merged batches
 * @property {number} producers
 * @property {number} bytes of the statistics
 * @property {number} layout of the storage
 * @property {number} partBytes of statistics in one row of the database
 */

/** Layout of the storage. Layout 1 had no `layout` and no `partBytes`. */
const LAYOUT = 2;
/** Bytes of statistics in one row of the database, which may have 2 MB. */
const PART_BYTES = 1_000_000;

export class FitObject extends DurableObject {
  #storage;

  /** @param {DurableObjectState} state @param {unknown} env */
  constructor(state, env) {
    super(state, env);
    this.#storage = state.storage;
  }

  /** @param {string} producer @param {number} number of the batch @param {Uint8Array} file its statistics */
  merge(producer, number, file) {
    // One transaction merges a batch and records that it did: neither is ever there without the other.
    return reply(() => Response.json(this.#storage.transactionSync(() => this.#merge(producer, number, file))));
  }

  /** @param {string | null} ifNoneMatch ETags of the versions that the reader has */
  statistics(ifNoneMatch) {
    return reply(() => {
      const fit = this.#fit();
      const etag = etagOf(fit);
      // A reader may keep the file, but asks each time whether there is another.
      const headers = { etag, 'cache-control': 'no-cache', 'content-type': 'application/octet-stream' };
      // An ETag includes its quotes, so no other one contains it. '*' stands for any version.
      const isKnown = ifNoneMatch?.includes(etag) || ifNoneMatch?.trim() === '*';
      return isKnown ? new Response(null, { status: 304, headers }) : new Response(this.#read(fit), { headers });
    });
  }

  status() {
    return reply(() => {
      const fit = this.#fit();
      using statistics = ClassStatistics.load(this.#read(fit));
      const { nClasses, nDim, counts, rejected } = statistics;
      const rows = counts.reduce((sum, count) => sum + count, 0);
      const { version, producers } = fit;
      return Response.json({ version, etag: etagOf(fit), nClasses, nDim, rows, rejected, producers });
    });
  }

  /** Tells a producer that lost its place where to continue. @param {string} producer */
  progress(producer) {
    return reply(() => {
      /** @type {Merged} */
      const merged = this.#storage.kv.get(`producers/${producer}`) ?? NOTHING_MERGED;
      return Response.json({ next: merged.next, ahead: aheadOf(merged) });
    });
  }

  /** @param {string} producer @param {number} number @param {Uint8Array} file */
  #merge(producer, number, file) {
    const { kv } = this.#storage;
    const fit = this.#stored();
    /** @type {Merged | undefined} */
    const record = kv.get(`producers/${producer}`);
    if (!record && fit.producers >= LIMITS.producers) {
      throw new HttpError(409, 'ERR_PRODUCERS', `the fit has ${fit.producers} producers and takes no more`);
    }
    const merged = record ?? NOTHING_MERGED;
    using added = ClassStatistics.load(file);
    const { rejected } = added;
    switch (place(merged, number)) {
      case 'merged':
        return { merged: false, version: fit.version, rejected };
      case 'beyond': {
        const problem = `batch ${number} is ${WINDOW} or more after batch ${merged.next}, which is missing`;
        throw new HttpError(409, 'ERR_AHEAD', `${problem}: send that first`);
      }
    }
    const sum = fit.version === 0 ? file : this.#sum(fit, added);
    for (let at = 0; at < sum.length; at += PART_BYTES) kv.put(`statistics/${at}`, sum.slice(at, at + PART_BYTES));
    kv.put(`producers/${producer}`, mark(merged, number));
    const version = fit.version + 1;
    const producers = fit.producers + (record ? 0 : 1);
    kv.put('fit', { ...fit, version, producers, bytes: sum.length, layout: LAYOUT, partBytes: PART_BYTES });
    return { merged: true, version, rejected };
  }

  /** @param {Fit} fit @param {ClassStatistics} added @returns {Uint8Array} */
  #sum(fit, added) {
    using statistics = ClassStatistics.load(this.#read(fit));
    // The configuration of the worker can change, merged statistics can't.
    const [ours, theirs] = [statistics, added].map((of) => `${of.nClasses} classes of ${of.nDim} dimensions`);
    if (ours !== theirs) throw new HttpError(409, 'ERR_FIT', `the fit has ${ours}, the batch has ${theirs}`);
    statistics.merge(added);
    return statistics.save();
  }

  #fit() {
    const fit = this.#stored();
    if (fit.version > 0) return fit;
    throw new HttpError(404, 'ERR_NOT_FOUND', 'the fit has no batch yet');
  }

  /** Record of the fit, as any version of this code wrote it. @returns {Fit} */
  #stored() {
    const none = { birth: crypto.randomUUID(), version: 0, producers: 0, bytes: 0 };
    /** @type {Fit} */
    const fit = { layout: 1, partBytes: 1_000_000, ...(this.#storage.kv.get('fit') ?? none) };
    if (fit.layout <= LAYOUT) return fit;
    // Code that was rolled back reads nothing that it does not know, and so spoils nothing. Producers try again.
    const problem = `the fit has storage of layout ${fit.layout}, this code knows ${LAYOUT}: deploy newer code`;
    throw new HttpError(503, 'ERR_LAYOUT', problem, { 'retry-after': '60' });
  }

  /** @param {Fit} fit */
  #read({ bytes, partBytes }) {
    const file = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += partBytes) {
      file.set(/** @type {Uint8Array} */ (this.#storage.kv.get(`statistics/${at}`)), at);
    }
    return file;
  }
}

/** @param {Fit} fit */
const etagOf = ({ birth, version }) => `"${birth}.${version}"`;

/** Turns errors into responses here: only the message of an error would reach the worker. @param {() => Response} work */
async function reply(work) {
  try {
    return work();
  } catch (error) {
    return failure(error);
  }
}
