// @ts-check
/** Modules that a program must have once, whichever files of the package it imports: dist/core.js has them. */
import { join, posix, relative } from 'node:path';
import { build } from 'esbuild';

/** Module of the public names. */
const INDEX = 'index';
/** Entry that says where the engine comes from. */
const DEFAULT_ENTRY = 'entries/default';
/** Entry with the kernels as JavaScript, which no other entry holds a second time. */
const JS_ENGINE = 'entries/js-engine';
const SHARED = [
  INDEX,
  'engine/engine',
  'validate/errors',
  'validate/embeddings',
  'validate/checks',
  'validate/arrays',
  'validate/allocate',
  'validate/names',
  'memory/dispose',
];

/** Modules with state, or with classes that `instanceof` tells apart. */
const ONCE = /(?:^|\/)(?:engine\/engine|memory\/\w+|wasm\/bindings|validate\/errors)\.[jt]s$/;

/** @typedef {Map<string, string[]>} Names names that each shared module exports */

/**
 * @param {string} root folder of the sources @param {string} extension of the sources
 * @returns {Promise<Names>}
 */
export async function sharedNames(root, extension) {
  const entryPoints = SHARED.map((module) => join(root, module + extension));
  // Generated modules are elsewhere, and export nothing through these.
  const to = { outdir: root, write: false, external: ['../wasm/*'] };
  const { metafile } = await build({ entryPoints, ...to, bundle: true, format: 'esm', metafile: true });
  return new Map(SHARED.map((module, i) => [module, Object.values(metafile.outputs)[i]?.exports ?? []]));
}

/**
 * Name of an export in the core: two modules may have the same name for two things.
 * @param {string} module @param {string} name
 */
const nameInCore = (module, name) => (module === INDEX ? name : `${posix.basename(module)}$${name}`);

/** Writes the source of the core. @param {Names} names */
export const coreSource = (names) =>
  Array.from(names, ([module, exported]) => {
    const list = exported.map((name) => `${name} as ${nameInCore(module, name)}`);
    return `export { ${list} } from './${module}.js';`;
  }).join('\n');

/**
 * Makes a plugin of esbuild that takes shared modules from the files that have them.
 * @param {string} root folder of the sources @param {Names} names
 * @param {string} core file of the core @param {string} index file with the public names
 * @param {string} jsEngine file of the JavaScript engine
 * @returns {import('esbuild').Plugin}
 */
export const importShared = (root, names, core, index, jsEngine) => ({
  name: 'shared modules',
  setup({ initialOptions, onResolve, onLoad, onEnd }) {
    initialOptions.metafile = true;
    onResolve({ filter: /^\..*\.js$/, namespace: 'file' }, ({ path, resolveDir }) => {
      const module = posix.join(relative(root, resolveDir), path).replace(/\.js$/, '');
      if (module === JS_ENGINE) return { path: jsEngine, external: true };
      if (module === DEFAULT_ENTRY) return { path: index, external: true };
      return names.has(module) ? { path: module, namespace: 'shared' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'shared' }, ({ path: module }) => {
      const list = names.get(module)?.map((name) => `${nameInCore(module, name)} as ${name}`);
      return { contents: `export { ${list} } from '${module === INDEX ? index : core}';` };
    });
    onResolve({ filter: /./, namespace: 'shared' }, ({ path }) => ({ path, external: true }));
    onEnd(({ metafile }) => {
      const again = Object.keys(metafile?.inputs ?? {}).filter((input) => ONCE.test(input));
      if (again.length > 0)
        throw new Error(`${again.join(', ')} would be there twice: import its names from the index`);
    });
  },
});
