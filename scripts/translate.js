// Usage: node scripts/translate.js WASM2JS.js OUT.js TYPE FILE — what wasm2js wrote as a function to call: it would take memory at
// import, and an import must cost nothing. With types beside it: TYPE is
// what its exports are, of FILE among the sources.
import { readFileSync, writeFileSync } from 'node:fs';

const [translated = '', out = '', type = '', file = ''] = process.argv.slice(2);
const [engine = '', exports, ...more] = readFileSync(translated, 'utf8').split('var retasmFunc = asmFunc(');
if (exports === undefined || more.length > 0) throw new Error('wasm2js writes its exports in another way now');
writeFileSync(out, `${engine}\nexport const translated = (imports) => asmFunc(imports);\n`);
writeFileSync(
  out.replace(/\.js$/, '.d.ts'),
  `import type { ${type} } from '../${file}';\n/** A new engine, with memory of its own unless the imports have some. */\nexport declare const translated: (imports: object) => ${type};\n`,
);
