import { BYTES, checkRowsMatch, checkTarget, integers, scratch, type Target, writeLabels } from '../core.js';
import { openSet } from './load.js';

/**
 * The closed-set accuracy: the share of the known rows (label ≥ 0) whose predicted class is their label; NaN if there
 * are none.
 * @param predicted a class a row, below 0: none
 * @param target labels, below 0 = unknown
 * @throws CenterLossError `ERR_LABEL` for labels that are no integers, `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function accuracy(predicted: Target, target: Target): number {
  checkTarget(predicted, 'predicted');
  checkTarget(target);
  checkRowsMatch(predicted.length, 'predicted', 1, target.length);
  const rows = target.length;
  const [predictedAt, targetAt] = scratch(`the accuracy of ${rows} rows`, [BYTES * rows, BYTES * rows]);
  writeLabels(predicted, Number.POSITIVE_INFINITY, 'strict', integers(), predictedAt / BYTES, 'predicted');
  writeLabels(target, Number.POSITIVE_INFINITY, 'strict', integers(), targetAt / BYTES);
  return openSet().accuracy(predictedAt, targetAt, rows);
}
