// @ts-check
// The module of dist/, counting the instructions that it executes, as the engine of this process.

import { readFileSync } from 'node:fs';
import { COUNT, instrument } from './instrument.js';

/** The engine is not part of the public types. */
const { engine$imports: imports, engine$load: load } = await import(
  new URL('../../dist/core.js', import.meta.url).href
);

/** @returns {(call: () => unknown) => number} the instructions that a call takes */
export function countingEngine() {
  const bytes = instrument(readFileSync(new URL('../../dist/center-loss.wasm', import.meta.url)));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  load(() => exports);
  const counter = /** @type {Record<string, WebAssembly.Global<'i64'>>} */ (/** @type {unknown} */ (exports))[COUNT];
  if (counter === undefined) throw new Error(`the module exports no ${COUNT}`);

  return (call) => {
    // The first call also takes memory, the second only works.
    call();
    counter.value = 0n;
    call();
    return Number(counter.value);
  };
}
