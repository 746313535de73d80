import {
  BYTES,
  checkRowsMatch,
  checkTarget,
  countRows,
  type Floats,
  hold,
  integers,
  type LabelPolicy,
  scratch,
  type Target,
  writeFloats,
  writeLabels,
} from '../core.js';
import { asFloats, type Embeddings } from './half.js';
import { checkedWeights } from './weights.js';

/** What the rows of a call must fit. */
export interface Expected {
  /** The name of the call, for messages. */
  readonly call: string;
  /** What messages call the rows. */
  readonly name: string;
  readonly width: number;
  readonly widthName: string;
  readonly nClasses: number;
  readonly labels: LabelPolicy;
}

/** A batch in scratch memory: addresses for a kernel, 0 for what there is none of. */
export interface Copied<Room extends readonly number[]> {
  /** B. */
  readonly rows: number;
  /** [B, width] */
  readonly x: number;
  /** Checked labels [B]. */
  readonly target: number;
  /** [B] */
  readonly sampleWeight: number;
  /** Room of the sizes that were asked for. */
  readonly room: { readonly [Place in keyof Room]: number };
}

/**
 * Copies rows, their labels and weights into scratch memory, once, after every check.
 * @param room how many bytes of room so many rows need beside
 * @throws CenterLossError `ERR_SHAPE`, `ERR_LABEL`, `ERR_OPTION`, `ERR_OUT_OF_MEMORY`
 */
export function copyIn<const Room extends readonly number[]>(
  x: Embeddings,
  target: Target | undefined,
  sampleWeight: Floats | undefined,
  expected: Expected,
  room: (rows: number) => Room,
): Copied<Room> {
  const { call, name, width, widthName, nClasses, labels } = expected;
  const values = asFloats(x, name);
  const rows = countRows(values, name, width, widthName);
  if (target !== undefined) {
    checkTarget(target);
    checkRowsMatch(rows, name, width, target.length);
  }
  const weights = sampleWeight && checkedWeights(sampleWeight, 'sampleWeight', rows, 'rows');
  // Both may be views on the memory that may grow now.
  const [valuesNow, targetNow] = [hold(values), hold((target ?? []) as Int32Array)];
  const sizes: readonly number[] = [BYTES * rows * width, BYTES * rows, BYTES * rows, ...room(rows)];
  const [xAt = 0, targetAt = 0, weightAt = 0, ...roomAt] = scratch(
    `${call} with ${rows} rows of ${width} values`,
    sizes,
  );
  writeLabels(targetNow(), nClasses, labels, integers(), targetAt / BYTES);
  if (weights) writeFloats(weights, 0, rows, weightAt);
  writeFloats(valuesNow(), 0, rows * width, xAt);
  return {
    rows,
    x: xAt,
    target: target === undefined ? 0 : targetAt,
    sampleWeight: weights ? weightAt : 0,
    room: roomAt as unknown as { [Place in keyof Room]: number },
  };
}
