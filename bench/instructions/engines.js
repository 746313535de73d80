// @ts-check
// The two modules of dist/, each counting what it executes, as the engines of this process.

import { readFileSync } from 'node:fs';
import { load } from '../../dist/core.js';
import { instantiate, loadOpenSet } from '../../dist/open-set/core.js';
import { COUNT, instrument } from './instrument.js';

/** @returns {(call: () => unknown) => number} the instructions that a call takes */
export function countingEngines() {
  const core = new WebAssembly.Instance(counting('center-loss')).exports;
  load(() => /** @type {import('../../dist/kernels.js').Kernels} */ (/** @type {unknown} */ (core)));
  const openSet = instantiate(counting('open-set'));
  loadOpenSet(() => openSet);
  const counters = [core, openSet()].map(
    (exports) => /** @type {Record<string, WebAssembly.Global<'i64'>>} */ (/** @type {unknown} */ (exports))[COUNT],
  );

  return (call) => {
    // The first call also takes memory, the second only works.
    call();
    for (const counter of counters) if (counter) counter.value = 0n;
    call();
    return counters.reduce((sum, counter) => sum + Number(counter?.value), 0);
  };
}

/** @param {string} name */
function counting(name) {
  return new WebAssembly.Module(instrument(readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url))));
}
