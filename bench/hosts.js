// @ts-check
// The machine and the versions of Node, whose compilers differ: figures depend on both.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

/** @typedef {{ path: string, version: string }} Host */

/** Folders in which `npm ci` installs a newer Node. */
const FOLDERS = ['baselines', '../test/runtimes'];

/** This Node, and a newer one if it is installed. @returns {Host[]} */
export function hosts() {
  const path = FOLDERS.map((folder) =>
    fileURLToPath(new URL(`${folder}/node_modules/node-24/bin/node`, import.meta.url)),
  ).find(existsSync);
  const own = { path: process.execPath, version: process.versions.node };
  if (path === undefined) return [own];
  return [own, { path, version: spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim().slice(1) }];
}

/** Lines about the machine and the versions. @param {Record<string, string | null>} versions null if not installed */
export function describe(versions = {}) {
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version ?? 'missing'}`);
  const cpu = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores`;
  return [
    `${cpu} (load ${loadavg()[0]?.toFixed(1)}), ${process.platform} ${process.arch}`,
    [`Node ${process.versions.node} (V8 ${process.versions.v8})`, ...others].join(', '),
  ];
}
