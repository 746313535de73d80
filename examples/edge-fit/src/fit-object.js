// @ts-check
/**
 * One fit: merges the statistics of batches exactly once, and serves the centers.
 *
 * It holds nothing in memory. What its storage says is all there is, so that a restart, or a transaction that failed,
 * leaves nothing to set right; and the runtime sends no reply before what was written for it is on disk.
 */

import { DurableObject } from 'cloudflare:workers';
import { ClassStatistics, saveCenters } from 'center-loss';
import { FitStorage } from './fit-storage.js';
import { LIMITS } from './limits.js';
import { RequestError } from './request-error.js';
import { aheadOf, mark, nothingSeen, place, WINDOW } from './sequences.js';

/** @import { DurableObjectState } from 'cloudflare:workers' */

/**
 * An error crosses from the object to the worker as no more than its message: what the client is to blame for is a value.
 * @template Value @typedef {{ value: Value } | { refused: { status: number, code: string, message: string } }} Answer
 */

/**
 * @template Value @param {() => Value} work @returns {Answer<Value>}
 */
function answer(work) {
  try {
    return { value: work() };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { status, code, message } = error;
    return { refused: { status, code, message } };
  }
}

export class FitObject extends DurableObject {
  #storage;

  /** @param {DurableObjectState} state @param {unknown} env */
  constructor(state, env) {
    super(state, env);
    this.#storage = new FitStorage(state.storage);
  }

  /**
   * @param {string} producer @param {number} sequence together they name the batch
   * @param {Uint8Array} bytes its `ClassStatistics`
   * @returns whether it was merged now, or had been before; and the version that has it
   */
  merge(producer, sequence, bytes) {
    // The batch is remembered in the transaction that merges it: there is no moment at which one is there without the other.
    return answer(() => this.#storage.atOnce(() => this.#merge(producer, sequence, bytes)));
  }

  /** @param {string[]} known ETags that the reader has @returns the centers, unless it has them */
  centers(known) {
    return answer(() => {
      const etag = this.#etag();
      // '*' is any version at all.
      if (known.includes(etag) || known.includes('*')) return { etag, file: null };
      const statistics = this.#statistics();
      try {
        return { etag, file: saveCenters(statistics) };
      } finally {
        statistics.dispose();
      }
    });
  }

  status() {
    return answer(() => {
      const etag = this.#etag();
      const statistics = this.#statistics();
      const { nClasses, nDim, counts, rejected } = statistics;
      statistics.dispose();
      const { version } = this.#storage.version();
      const rows = counts.reduce((sum, count) => sum + count, 0);
      return { version, etag, nClasses, nDim, rows, rejected, producers: this.#storage.countProducers() };
    });
  }

  /** Where a producer that lost its place goes on. @param {string} producer */
  progress(producer) {
    const seen = this.#storage.progress(producer);
    return { next: seen.next, ahead: aheadOf(seen) };
  }

  /** @param {string} producer @param {number} sequence @param {Uint8Array} bytes */
  #merge(producer, sequence, bytes) {
    const storage = this.#storage;
    storage.create();
    const { version } = storage.version();
    const seen = storage.seen(producer) ?? this.#newProducer();
    switch (place(seen, sequence)) {
      case 'seen':
        return { merged: false, version };
      case 'beyond':
        throw new RequestError(
          409,
          'ERR_AHEAD',
          `batch ${sequence} is more than ${WINDOW} after batch ${seen.next}, which is missing: send that first`,
        );
      case 'new':
        storage.writeTotals(this.#sumWith(bytes));
        storage.writeSeen(producer, mark(seen, sequence));
        storage.writeVersion(version + 1);
        return { merged: true, version: version + 1 };
    }
  }

  #newProducer() {
    if (this.#storage.countProducers() < LIMITS.producers) return nothingSeen();
    throw new RequestError(
      409,
      'ERR_PRODUCERS',
      `there are ${LIMITS.producers} producers, and a fit may not have more`,
    );
  }

  /** @param {Uint8Array} bytes */
  #sumWith(bytes) {
    const stored = this.#storage.totals();
    const added = ClassStatistics.fromBytes(bytes);
    try {
      if (stored === undefined) return added.toBytes();
      const statistics = ClassStatistics.fromBytes(stored);
      try {
        checkSameShape(statistics, added);
        statistics.merge(added);
        return statistics.toBytes();
      } finally {
        statistics.dispose();
      }
    } finally {
      added.dispose();
    }
  }

  #statistics() {
    const totals = this.#storage.totals();
    if (totals === undefined) throw new Error('there is a version of the fit, but no totals');
    return ClassStatistics.fromBytes(totals);
  }

  #etag() {
    if (!this.#storage.exists()) throw new RequestError(404, 'ERR_NOT_FOUND', 'the fit has no batch yet');
    const { birth, version } = this.#storage.version();
    return `"${birth}.${version}"`;
  }
}

/** The configuration of the worker can change, what was merged can't. @param {ClassStatistics} ours @param {ClassStatistics} added */
function checkSameShape(ours, added) {
  if (ours.nClasses === added.nClasses && ours.nDim === added.nDim) return;
  const shown = (/** @type {ClassStatistics} */ { nClasses, nDim }) =>
    `${nClasses} classes of ${nDim} features`;
  throw new RequestError(409, 'ERR_FIT', `the fit is of ${shown(ours)}, the batch of ${shown(added)}`);
}
