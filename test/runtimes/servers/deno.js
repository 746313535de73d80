// @ts-check
/** Deno, with the packages where npm puts them. */
import { join } from 'node:path';
import { commandChecks } from '../program.js';
import { TOOLS } from '../project.js';

export const DENO = [join(TOOLS, '.bin/deno'), 'run', '--allow-read', '--allow-env', '--node-modules-dir=manual'];
const checks = commandChecks((file) => [...DENO, '--v8-flags=--expose-gc', file]);

export default [{ name: 'Deno', version: 'deno', checks, whole: ['import'] }];
