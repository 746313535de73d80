// PYTHON: one with safetensors and numpy (see ../oracle/oracle.py).
import { spawnSync } from 'node:child_process';

export const python = process.env.PYTHON || 'python3';
export const hasPython = spawnSync(python, ['-c', 'import numpy, safetensors']).status === 0;
if (!hasPython) console.warn(`skipped: ${python} has no safetensors and numpy; PYTHON can name one that has`);
