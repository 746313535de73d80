// @ts-check
/** Bun. */
import { join } from 'node:path';
import { installed } from '../process.js';
import { commandChecks } from '../program.js';
import { TOOLS } from '../project.js';

/** Gives the path of the program itself: `.bin/bun` works only after an install script. */
export function bun() {
  const platform = `${process.platform}-${process.arch === 'arm64' ? 'aarch64' : 'x64'}`;
  return installed('Bun', join(TOOLS, `@oven/bun-${platform}/bin/bun`));
}

export default [{ name: 'Bun', version: 'bun', checks: commandChecks((file) => [bun(), file]), whole: ['import'] }];
