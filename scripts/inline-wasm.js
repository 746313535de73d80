// Usage: node scripts/inline-wasm.js MODULE.wasm OUT.js — the bytes of the module as a string, with types beside it.
//
// The text is hexadecimal: a sequence that repeats in the module repeats in the text. So it compresses to a sixth less than
// base64, in which a byte is spelled in three ways.
import { readFileSync, writeFileSync } from 'node:fs';

const [wasm = '', out = ''] = process.argv.slice(2);
const hex = readFileSync(wasm).toString('hex');
writeFileSync(out, `export const hex =\n  '${hex}';\n`);
writeFileSync(
  out.replace(/\.js$/, '.d.ts'),
  '/** Bytes of the WebAssembly module. */\nexport declare const hex: string;\n',
);
