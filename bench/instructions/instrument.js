// @ts-check
// The module of dist/ made to count the instructions that it executes.
//
// An addition to a global precedes each straight run of code. The counted module is the one that ships, so no engine,
// processor or load of the machine changes a count. Filling or copying memory is one instruction, however long the
// memory. The few values that the binary leaves on the stack without a name count a local.set and a local.get more,
// because binaryen has no other way to write them.

import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';

/** Name under which the count is exported. */
export const COUNT = 'instructions';

/** Words in the text that stand for no work. A jump may land at `end` and `else`. */
const MARKS = new Set(['block', 'loop', 'else', 'end', 'nop']);
/** Instructions after which another than the next may follow. A call comes back, and a trap ends the count. */
const JUMPS = new Set(['if', 'br', 'br_if', 'br_table', 'return', 'unreachable']);

/**
 * @param {Uint8Array} binary
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function instrument(binary) {
  const original = binaryen.readBinary(binary);
  // One instruction a line, in the order of the binary.
  const text = original.emitStackIR();
  original.dispose();
  const counting = binaryen.parseText(withCounters(text));
  counting.setFeatures(binaryen.Features.All);
  if (!counting.validate()) throw new Error('the counting module is not valid');
  const counted = new Uint8Array(counting.emitBinary());
  counting.dispose();
  return counted;
}

/** @param {string} text  of a module, with one instruction a line */
function withCounters(text) {
  /** @type {string[]} */
  const lines = [];
  /** @type {string[]} */
  let run = [];
  const finish = () => {
    if (run.length > 0) {
      lines.push(`global.get $${COUNT}`, `i64.const ${run.length}`, 'i64.add', `global.set $${COUNT}`, ...run);
    }
    run = [];
  };
  for (const line of text.split('\n').map((each) => each.trim())) {
    const [word = ''] = line.split(' ', 1);
    // Declarations stand in parentheses.
    if (!/^[a-z]/.test(word) || MARKS.has(word)) {
      finish();
      lines.push(line);
      continue;
    }
    run.push(line);
    if (JUMPS.has(word)) finish();
  }
  // The global comes last in the module, because imports must come before it.
  const end = lines.lastIndexOf(')');
  lines.splice(end, 0, `(global $${COUNT} (export "${COUNT}") (mut i64) (i64.const 0))`);
  return lines.join('\n');
}

/** Makes the counting module the engine of this process. @returns {Promise<(call: () => unknown) => number>} instructions of a call */
export async function countingEngine() {
  // The engine is not part of the public types.
  const core = await import(new URL('../../dist/core.js', import.meta.url).href);
  const bytes = instrument(readFileSync(new URL('../../dist/center-loss.wasm', import.meta.url)));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), core.engine$imports);
  core.engine$load(() => exports);
  const counter = /** @type {WebAssembly.Global<'i64'>} */ (exports[COUNT]);
  return (call) => {
    // The first call also takes memory.
    call();
    counter.value = 0n;
    call();
    return Number(counter.value);
  };
}
