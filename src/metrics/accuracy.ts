import { reserveArray, reserveRows, scratchBatch } from '../memory/batch.js';
import { integers, stable } from '../memory/views.js';
import { checkRowsMatch } from '../validate/checks.js';
import { checkTarget, type Target, writeLabels } from '../validate/labels.js';
import { BatchArray } from '../wasm/bindings.js';

/** End of the labels that int32 has. */
const LABEL_END = 2 ** 31;

/**
 * Closed-set accuracy: share of the known rows (label ≥ 0) whose predicted class is their label; NaN if there are none.
 * @param predicted class of each row [B], below 0 = none
 * @param target labels [B], below 0 = unknown
 * @throws CenterLossError `ERR_LABEL` for labels that are not integers below 2³¹; `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function accuracy(predicted: Target, target: Target): number {
  checkTarget(predicted, 'predicted');
  checkTarget(target);
  checkRowsMatch(predicted.length, 'predicted', 1, target.length);
  const rows = target.length;
  const [predictedView, targetView] = [stable(predicted as Int32Array), stable(target as Int32Array)];
  const batch = scratchBatch();
  reserveRows(batch, rows, 0, 0, 'accuracy');
  const predictedAt = reserveArray(batch, BatchArray.Nearest, rows, 'accuracy') / Int32Array.BYTES_PER_ELEMENT;
  const targetAt = batch.address(BatchArray.Labels) / Int32Array.BYTES_PER_ELEMENT;
  writeLabels(predictedView(), LABEL_END, 'strict', integers(), predictedAt, 'predicted');
  writeLabels(targetView(), LABEL_END, 'strict', integers(), targetAt);
  return batch.accuracy();
}
