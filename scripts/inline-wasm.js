// Usage: node scripts/inline-wasm.js KERNELS.wasm OUT.js — the module's bytes as a string, with types beside it.
//
// Fails if the module's constants reach into the heap.
//
// In hexadecimal: what repeats in the module repeats in the text, so that it compresses to a sixth less than base64, in
// which a byte is spelled in three ways.
import { readFileSync, writeFileSync } from 'node:fs';

const [wasm = '', out = ''] = process.argv.slice(2);
const bytes = readFileSync(wasm);
checkLayout(new WebAssembly.Module(bytes));
const hex = bytes.toString('hex');
writeFileSync(out, `export const hex =\n  '${hex}';\n`);
writeFileSync(out.replace(/\.js$/, '.d.ts'), '/** The WebAssembly module. */\nexport declare const hex: string;\n');

/** @param {WebAssembly.Module} module */
function checkLayout(module) {
  const [, heapStart = ''] =
    /HEAP_START = (\d+);/.exec(readFileSync(new URL('../src/heap.ts', import.meta.url), 'utf8')) ?? [];
  const { exports } = new WebAssembly.Instance(module, { env: { memory: new WebAssembly.Memory({ initial: 2 }) } });
  const { value } = /** @type {WebAssembly.Global} */ (exports.__heap_base);
  if (!(value <= Number(heapStart)))
    throw new Error(`${wasm} has constants up to ${value}, but the heap begins at ${heapStart}`);
}
