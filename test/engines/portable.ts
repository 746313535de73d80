// Runs a suite on the portable kernels: the first engines of a process are its only ones.
import { readFileSync } from 'node:fs';
import { ClassCenters, initOpenSetSync, initSync } from 'center-loss/slim/open-set';
import { expect } from 'vitest';

expect(() => new ClassCenters(1, 1), 'another engine is there already').toThrow('init');
initSync({ module: readFileSync(new URL('../../build/portable.wasm', import.meta.url)) });
initOpenSetSync({ module: readFileSync(new URL('../../build/open-set-portable.wasm', import.meta.url)) });
