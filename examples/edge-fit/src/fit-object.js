// @ts-check
/**
 * One fit: merges the statistics of batches exactly once, and serves them.
 *
 * The object keeps nothing in memory, so that a restart or a failed transaction leaves nothing to repair. The runtime
 * sends no reply before its writes are on disk.
 */

import { DurableObject } from 'cloudflare:workers';
import { ClassStatistics } from 'center-loss';
import { FitStorage } from './fit-storage.js';
import { LIMITS } from './limits.js';
import { RequestError } from './request-error.js';
import { aheadOf, mark, nothingSeen, place, WINDOW } from './sequences.js';

/** @import { DurableObjectState } from 'cloudflare:workers' */

/**
 * Result of a call. Only the message of an error crosses from the object to the worker, so errors of a client are values.
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
   * @param {Uint8Array} file its statistics
   * @returns whether the batch was merged now, not before, and the version that has it
   */
  merge(producer, sequence, file) {
    // The transaction that merges a batch also remembers it: neither is ever there without the other.
    return answer(() => this.#storage.atOnce(() => this.#merge(producer, sequence, file)));
  }

  /** @param {string[]} known ETags that the reader has @returns the file of the statistics, unless the reader has it */
  statistics(known) {
    return answer(() => {
      const etag = this.#etag();
      // '*' stands for any version.
      const isKnown = known.includes(etag) || known.includes('*');
      return { etag, file: isKnown ? null : this.#file() };
    });
  }

  status() {
    return answer(() => {
      const etag = this.#etag();
      const statistics = ClassStatistics.load(this.#file());
      const { nClasses, nDim, counts, rejected } = statistics;
      statistics.dispose();
      const { version } = this.#storage.version();
      const rows = counts.reduce((sum, count) => sum + count, 0);
      return { version, etag, nClasses, nDim, rows, rejected, producers: this.#storage.countProducers() };
    });
  }

  /** Place where a producer that lost its own continues. @param {string} producer */
  progress(producer) {
    const seen = this.#storage.progress(producer);
    return { next: seen.next, ahead: aheadOf(seen) };
  }

  /** @param {string} producer @param {number} sequence @param {Uint8Array} file */
  #merge(producer, sequence, file) {
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
        storage.writeFile(this.#sumWith(file));
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

  /** @param {Uint8Array} file */
  #sumWith(file) {
    const stored = this.#storage.file();
    const added = ClassStatistics.load(file);
    try {
      if (stored === undefined) return added.save();
      const statistics = ClassStatistics.load(stored);
      try {
        checkSameShape(statistics, added);
        statistics.merge(added);
        return statistics.save();
      } finally {
        statistics.dispose();
      }
    } finally {
      added.dispose();
    }
  }

  #file() {
    const file = this.#storage.file();
    if (file === undefined) throw new Error('there is a version of the fit, but no statistics');
    return file;
  }

  #etag() {
    if (!this.#storage.exists()) throw new RequestError(404, 'ERR_NOT_FOUND', 'the fit has no batch yet');
    const { birth, version } = this.#storage.version();
    return `"${birth}.${version}"`;
  }
}

/** The configuration of the worker can change, merged statistics can't. @param {ClassStatistics} ours @param {ClassStatistics} added */
function checkSameShape(ours, added) {
  if (ours.nClasses === added.nClasses && ours.nDim === added.nDim) return;
  const shown = (/** @type {ClassStatistics} */ { nClasses, nDim }) => `${nClasses} classes of ${nDim} dimensions`;
  throw new RequestError(409, 'ERR_FIT', `the fit is of ${shown(ours)}, the batch of ${shown(added)}`);
}
