import { reserveArray, reserveRows, scratchBatch } from '../memory/batch.js';
import { integers, stable } from '../memory/views.js';
import { lengthOf } from '../validate/arrays.js';
import { checkRowsMatch } from '../validate/checks.js';
import { CenterLossError } from '../validate/errors.js';
import { labelsOf, namesIn, type Target, writeLabels } from '../validate/labels.js';
import { BatchArray } from '../wasm/bindings.js';

/** End of the labels that int32 has. */
const LABEL_END = 2 ** 31;

/**
 * Closed-set accuracy: share of the known rows (label ≥ 0) whose predicted class is their label; NaN if there are none.
 * @param predicted class of each row [B], below 0 = none; or its name, null = none
 * @param target labels [B], below 0 = unknown; or names, null = unknown
 * @throws CenterLossError `ERR_LABEL` for labels that are not integers below 2³¹, and for names beside integers;
 * `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function accuracy(predicted: Target, target: Target): number {
  const [classes, labels] = [labelsOf(predicted, 'predicted'), labelsOf(target)];
  const rows = lengthOf(labels);
  checkRowsMatch(lengthOf(classes), 'predicted', 1, rows);
  const [named, wanted] = [namesIn(classes, 'predicted'), namesIn(labels)];
  if ((named === undefined) !== (wanted === undefined)) {
    const kinds = named ? 'names, but target are integers' : 'integers, but target are names';
    throw new CenterLossError('ERR_LABEL', `predicted are ${kinds}: pass both alike`);
  }
  const names = named && wanted && [...new Set([...named, ...wanted])];
  const spec = { nClasses: LABEL_END, names, labels: 'strict' } as const;
  const [predictedView, targetView] = [stable(classes as Int32Array), stable(labels as Int32Array)];
  const batch = scratchBatch();
  reserveRows(batch, rows, 0, 0, 'accuracy');
  const predictedAt = reserveArray(batch, BatchArray.Nearest, rows, 'accuracy') / Int32Array.BYTES_PER_ELEMENT;
  const targetAt = batch.address(BatchArray.Labels) / Int32Array.BYTES_PER_ELEMENT;
  writeLabels(predictedView(), rows, spec, integers(), predictedAt, 'predicted');
  writeLabels(targetView(), rows, spec, integers(), targetAt);
  return batch.accuracy();
}
