// Usage: node scripts/inline-wasm.js KERNELS.wasm OUT.js — the module's bytes as a base64 string, with types beside it.
import { readFileSync, writeFileSync } from 'node:fs';

const [wasm = '', out = ''] = process.argv.slice(2);
const base64 = readFileSync(wasm).toString('base64');
writeFileSync(out, `export const base64 =\n  '${base64}';\n`);
writeFileSync(out.replace(/\.js$/, '.d.ts'), '/** The WebAssembly module. */\nexport declare const base64: string;\n');
