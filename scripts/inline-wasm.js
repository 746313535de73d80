// Usage: node scripts/inline-wasm.js KERNELS.wasm OUT.js — the module's bytes as a string, with types beside it.
//
// In hexadecimal: what repeats in the module repeats in the text, so that it compresses to a sixth less than base64, in
// which a byte is spelled in three ways.
import { readFileSync, writeFileSync } from 'node:fs';

const [wasm = '', out = ''] = process.argv.slice(2);
const hex = readFileSync(wasm).toString('hex');
writeFileSync(out, `export const hex =\n  '${hex}';\n`);
writeFileSync(out.replace(/\.js$/, '.d.ts'), '/** The WebAssembly module. */\nexport declare const hex: string;\n');
