// @ts-check
/** Makes statistics of a batch. */
import { ClassStatistics } from 'center-loss';

/** @import { Shape } from './shape.js' */

/**
 * Nothing here waits, so that requests at the same time can't get each other's rows.
 * @param {{ x: Float32Array, target: Int32Array }} batch @param {Shape} shape
 * @returns {{ file: Uint8Array<ArrayBuffer>, rows: number, rejected: number }} the statistics, and their number of rows
 * @throws CenterLossError `ERR_LABEL`
 */
export function fold({ x, target }, { nClasses, nDim }) {
  const statistics = new ClassStatistics(nClasses, nDim);
  try {
    statistics.add(x, target);
    return { file: statistics.save(), rows: target.length, rejected: statistics.rejected };
  } finally {
    statistics.dispose();
  }
}
