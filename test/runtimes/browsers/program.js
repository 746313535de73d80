// @ts-check
/** Where the machine has a program. */
import { existsSync } from 'node:fs';
import { Unavailable } from '../check.js';

/** @param {string} variable of the environment, which goes first @param {string[]} paths @returns {string} */
export function program(variable, paths) {
  const path = [process.env[variable], ...paths].find((path) => path && existsSync(path));
  if (path) return path;
  throw new Unavailable(`none of ${paths.join(', ')} is installed`);
}
