// @ts-check
// One work: everybody's results are checked, then everybody is timed.

import { bases, ours } from './contenders/ours.js';
import { plainJs } from './contenders/plain-js.js';
import { makeData } from './data.js';
import { measure } from './measure.js';
import { assertAgrees, expected } from './reference.js';
import { summarise } from './summary.js';

/** @typedef {import('./shapes.js').Work & { bases: string[], rounds: number, rows: import('./summary.js').Row[] }} Result */

/**
 * @param {import('./shapes.js').Work} work
 * @param {import('./peers.js').Peer[]} peers
 * @param {Awaited<ReturnType<typeof import('./contenders/roofline.js').openRoofline>>} roofline
 * @param {import('./measure.js').Effort} effort
 * @param {(done: number) => void} [onProgress]
 * @returns {Promise<Result>}
 */
export async function run(work, peers, roofline, effort, onProgress) {
  const data = makeData(work.shape);
  const mine = ours(work, data);
  /** @type {import('./peers.js').Entry[]} */
  const entries = [...mine, ...plainJs(work, data)];
  for (const peer of peers) entries.push(...(await peer.contenders(work, data)));
  entries.push(
    ...roofline.contenders(
      work.kind,
      mine.flatMap(({ demand }) => demand ?? []),
    ),
  );
  /** @type {import('./measure.js').Contender[]} */
  const contenders = [];
  /** @type {import('./measure.js').Missing[]} */
  const missing = [];
  for (const entry of entries) {
    if ('missing' in entry) missing.push(entry);
    else contenders.push(entry);
  }

  try {
    const wanted = expected(work, data);
    for (const { name, outcome, tolerance } of contenders) {
      assertAgrees(`${work.id}, ${name}`, await outcome(), wanted, tolerance);
    }
    const timings = await measure(contenders, effort, onProgress);
    const rows = [...summarise(timings, bases[work.kind]), ...missing];
    return { ...work, bases: bases[work.kind], rounds: timings[0]?.samples.length ?? 0, rows };
  } finally {
    for (const { dispose } of contenders) await dispose?.();
  }
}
