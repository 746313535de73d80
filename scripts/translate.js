// Usage: node scripts/translate.js WASM2JS.js OUT.js — what wasm2js wrote as a function to call: it would take memory at
// import, and an import must cost nothing. With types beside it.
import { readFileSync, writeFileSync } from 'node:fs';

const [translated = '', out = ''] = process.argv.slice(2);
const [engine = '', exports, ...more] = readFileSync(translated, 'utf8').split('var retasmFunc = asmFunc(');
if (exports === undefined || more.length > 0) throw new Error('wasm2js writes its exports in another way now');
writeFileSync(out, `${engine}\nexport const translated = () => asmFunc({});\n`);
writeFileSync(
  out.replace(/\.js$/, '.d.ts'),
  `import type { Kernels } from '../kernels.js';\n/** A new engine, with memory of its own. */\nexport declare const translated: () => Kernels;\n`,
);
