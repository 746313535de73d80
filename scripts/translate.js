// Usage: node scripts/translate.js WASM2JS.js OUT.js — the module that wasm2js wrote as a function to call, with types
// beside it: as written it would take memory at import, and an import must cost nothing.
//
// Its memory grows as that of WebAssembly does: growth that fails gives −1, and growth detaches the buffer before it.
import { readFileSync, writeFileSync } from 'node:fs';

const [translated = '', out = ''] = process.argv.slice(2);

let text = readFileSync(translated, 'utf8');
edit(/^import \* as \S+ from '\.\/center_loss_bg\.js';\n/, '');
edit(/^var retasmFunc = asmFunc\([\s\S]*$/m, 'export const translated = (imports) => asmFunc(imports);\n');
edit(
  /^( +)if \(\(oldPages < newPages\) && \(newPages < 65536\)\) \{\n +var newBuffer = new ArrayBuffer\(newPages << 16\);\n/m,
  // Addresses past 2 GB would be negative.
  `$1if (newPages > 32767) return -1;
$1if (oldPages < newPages) {
$1 var newBuffer;
$1 try { newBuffer = new ArrayBuffer(newPages << 16); } catch { return -1; }
`,
);
edit(
  /^( +)buffer = newBuffer;\n/m,
  '$1globalThis.structuredClone?.(buffer, { transfer: [buffer] });\n$1buffer = newBuffer;\n',
);
checkStores();

writeFileSync(out, text);
writeFileSync(
  out.replace(/\.js$/, '.d.ts'),
  `import type { Engine } from '../engine/engine.js';

/** Makes an engine with memory of its own. */
export declare const translated: (imports: object) => Engine;
`,
);

/** @param {RegExp} what @param {string} by */
function edit(what, by) {
  const changed = text.replace(what, by);
  if (changed === text)
    throw new Error(`wasm2js wrote nothing like ${what}: adapt scripts/translate.js to its version`);
  text = changed;
}

/**
 * Checks that no line reads or writes memory around a call: JavaScript takes the array first, and if the call grows the
 * memory, the array is the old one.
 */
function checkStores() {
  const [line] = /^.*(?:HEAP\w+\[[^;]*\] = [^;]*\$\d+\(|HEAP\w+\[[^\]]*\$\d+\().*$/m.exec(text) ?? [];
  if (line !== undefined) throw new Error(`wasm2js wrote an access that growth of the memory would lose: ${line}`);
}
