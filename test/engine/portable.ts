// Runs a suite on the portable module: the first engine of a process is its only one.
import { readFileSync } from 'node:fs';
import { ClassCenters, initSync } from 'center-loss/slim';
import { expect } from 'vitest';

expect(() => new ClassCenters(1, 1), 'another engine is there already').toThrow('init');
initSync({ module: readFileSync(new URL('../../build/portable.wasm', import.meta.url)) });
