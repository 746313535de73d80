// @ts-check
// A newer Node than the one that runs this: the same code, another compiler.

import { fork, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @typedef {{ path: string, version: string }} Node */

/** What `npm ci` in one of these folders brings along, where it has been run. */
const FOLDERS = ['peers', '../matrix'];

/** @returns {Node | undefined} */
export function newerNode() {
  const path = FOLDERS.map((folder) =>
    fileURLToPath(new URL(`${folder}/node_modules/node-24/bin/node`, import.meta.url)),
  ).find(existsSync);
  return path === undefined ? undefined : { path, version: versionOf(path) };
}

/** @param {string} path */
export const versionOf = (path) => spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim().slice(1);

/**
 * A suite in a process of that Node, without peers.
 *
 * @param {Node} node
 * @param {import('./shapes.js').Work[]} works
 * @param {import('./suite.js').EffortName} effort
 * @param {object} handlers
 * @param {(facts: import('./machine.js').Machine) => void} handlers.onStart
 * @param {(done: number, work: string) => void} handlers.onProgress
 * @param {(result: import('./run.js').Result) => void} handlers.onResult
 * @returns {Promise<import('./suite.js').Run>}
 */
export function runSuiteOn({ path, version }, works, effort, handlers) {
  const program = fileURLToPath(new URL('suite-process.js', import.meta.url));
  const child = fork(program, [effort, ...works.map(({ id }) => id)], { execPath: path, execArgv: [] });
  return new Promise((resolve, reject) => {
    /** @type {import('./suite.js').Run | undefined} */
    let run;
    child.on('message', (/** @type {import('./suite-process.js').Message} */ message) => {
      if ('start' in message) handlers.onStart(message.start);
      else if ('work' in message) handlers.onProgress(message.done, message.work);
      else if ('result' in message) handlers.onResult(message.result);
      else run = message.run;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (run && code === 0) resolve(run);
      else reject(new Error(`the suite on Node ${version} ended with ${code}`));
    });
  });
}
