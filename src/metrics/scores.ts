import { CenterLossError, checkFloats, doubles, type Floats, hold, scratch } from '../core.js';

/** Of a float64: scores that differ as given must not tie. */
export const SCORE_BYTES = 8;

/** @throws CenterLossError `ERR_SHAPE` unless `scores` are numbers, at least one, and none is NaN, which has no order. */
export function checkScores(scores: Floats, name: string): void {
  checkFloats(scores, name);
  if (scores.length === 0) throw new CenterLossError('ERR_SHAPE', `${name} has no score`);
  checkOrdered(scores, name);
}

/** @throws CenterLossError `ERR_SHAPE` for NaN. */
export function checkOrdered(scores: Floats, name: string): void {
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) throw new CenterLossError('ERR_SHAPE', `${name}[${i}] is NaN, which has no order`);
  }
}

/**
 * Checks lists of scores and copies them into scratch memory, each in ascending order. Returns the address of each, and of
 * room of so many more bytes each.
 * @throws CenterLossError `ERR_SHAPE`, `ERR_OUT_OF_MEMORY`
 */
export function copySorted(
  call: string,
  lists: Readonly<Record<string, Floats>>,
  room: readonly number[],
): readonly number[] {
  const all = Object.entries(lists);
  for (const [name, scores] of all) checkScores(scores, name);
  const now = all.map(([, scores]) => hold(scores));
  const lengths = all.map(([, scores]) => scores.length);
  const addresses: readonly number[] = scratch(`${call} of ${lengths.join(' and ')} scores`, [
    ...lengths.map((length) => SCORE_BYTES * length),
    ...room,
  ]);
  now.forEach((scores, i) => {
    const sorted = doubles(addresses[i] as number, lengths[i] as number);
    sorted.set(scores());
    sorted.sort();
  });
  return addresses;
}
