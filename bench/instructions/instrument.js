// @ts-check
// A WebAssembly module that counts the instructions it executes, made from one that does not.
//
// Each straight run of code is preceded by an addition of its length to a global. What is counted is the module as
// shipped, so no engine, processor or load of the machine changes a count. Filling or copying memory is one instruction,
// however long the memory; and the few values that the binary leaves on the stack without a name count a local.set and
// a local.get more, as binaryen has no other way to write them.

import binaryen from 'binaryen';

/** The name under which the count is exported. */
export const COUNT = 'instructions';

/** Marks in the text that stand for no work. `end` and `else` are where a jump may land. */
const MARKS = new Set(['block', 'loop', 'else', 'end', 'nop']);
/** After these the next instruction may not follow. A call comes back: a trap ends the count anyway. */
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

/** @param {string} text  of a module, one instruction a line */
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
    // Declarations, and what closes them, stand in parentheses.
    if (!/^[a-z]/.test(word) || MARKS.has(word)) {
      finish();
      lines.push(line);
      continue;
    }
    run.push(line);
    if (JUMPS.has(word)) finish();
  }
  // Before the parenthesis that closes the module, as imports must come before it.
  const end = lines.lastIndexOf(')');
  lines.splice(end, 0, `(global $${COUNT} (export "${COUNT}") (mut i64) (i64.const 0))`);
  return lines.join('\n');
}
