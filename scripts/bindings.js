// Usage: node scripts/bindings.js PACKAGE OUT — the JavaScript that wasm-bindgen wrote around the module, as OUT/bindings.js
// with types beside it.
//
// Makes every statement free of side effects, so that an import costs nothing and bundlers drop the classes that a
// program does not use. Fails where wasm-bindgen writes another text than expected.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const [from = '', out = ''] = process.argv.slice(2);

let glue = readFileSync(join(from, 'center_loss_bg.js'), 'utf8');
edit(/ = Object\.freeze\(/g, ' = /* @__PURE__ */ Object.freeze(');
// An enum maps its values to names too, and no code looks for a name by its value.
edit(/^( +\w+: \d+), "\d+": "\w+",$/gm, '$1,');
edit(/: new FinalizationRegistry\(/g, ': /* @__PURE__ */ new FinalizationRegistry(');
// The classes of the package have that method.
edit(/^if \(Symbol\.dispose\) .*\n/gm, '');
// A message of Rust is ASCII: it needs no decoder, and none that is made at import.
edit(
  /^function getStringFromWasm0\([\s\S]*?^}\n[\s\S]*?^function decodeText\([\s\S]*?^}\n/m,
  `function getStringFromWasm0(ptr, len) {
    return String.fromCharCode(...new Uint8Array(wasm.memory.buffer, ptr >>> 0, len >>> 0));
}
`,
);
const imported = Array.from(glue.matchAll(/^export function (__wbg_(?!set_wasm)\w+)/gm), ([, name]) => name);
glue += `\nexport const imports = { './center_loss_bg.js': { ${imported} } };\n`;
checkPure();

let types = readFileSync(join(from, 'center_loss.d.ts'), 'utf8');
types = replaced(types, /^ +\[Symbol\.dispose\]\(\): void;\n/gm, '');
types += `
/** Imports of the module. */
export const imports: WebAssembly.Imports;

/** Gives the classes the exports of the module. */
export function __wbg_set_wasm(exports: object): void;
`;

writeFileSync(join(out, 'bindings.js'), glue);
writeFileSync(join(out, 'bindings.d.ts'), types);

/** @param {RegExp} what @param {string} by */
function edit(what, by) {
  glue = replaced(glue, what, by);
}

/** @param {string} text @param {RegExp} what @param {string} by */
function replaced(text, what, by) {
  const changed = text.replace(what, by);
  if (changed === text)
    throw new Error(`wasm-bindgen wrote nothing like ${what}: adapt scripts/bindings.js to its version`);
  return changed;
}

/** Checks that nothing is left of the file where nothing of it is used. */
function checkPure() {
  const contents = glue.replace(/^export /gm, '');
  const { outputFiles } = buildSync({ stdin: { contents }, bundle: true, format: 'esm', write: false });
  const left = outputFiles[0]?.text.replace(/^\/\/.*\n/gm, '').trim();
  if (left) throw new Error(`wasm-bindgen wrote statements with side effects:\n${left}`);
}
