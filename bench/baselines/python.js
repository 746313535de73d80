// @ts-check
// Python in a child process that lives through the whole run, so that its libraries take their turns like the others.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** @import { Case, Data, Implementation } from '../types.js' */

/** Starts the python that `PYTHON` names, if there is one with torch. */
export async function openPython() {
  const child = spawn(process.env.PYTHON || 'python3', [fileURLToPath(new URL('python_calls.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A forced core type would make OpenBLAS pick kernels for another machine.
    env: { ...process.env, OPENBLAS_CORETYPE: undefined, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const receive = async () => {
    const { value, done } = await lines.next();
    return done ? undefined : JSON.parse(value);
  };
  /** @param {object} request */
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await receive();
    if (!answer) throw new Error('the Python process ended');
    return answer;
  };

  /** @type {{ versions?: Record<string, string | null>, missing?: string[] }} */
  const { versions, missing = [] } = (await receive()) ?? {};
  return {
    versions: versions ?? { torch: null },
    close: () => child.kill(),
    /** @param {Case} one @param {Data} data @returns {Promise<Implementation[]>} */
    async implementations({ python, shape: { B, D, C } }, { x, target, centers, logits }) {
      if (!python || !versions) return [];
      const arrays = Object.entries({ x, target, centers, ...(logits && { logits }) });
      const encoded = arrays.map(([name, values]) => [name, Buffer.from(values.buffer).toString('base64')]);
      await ask({ load: { shape: [B, D, C], ...Object.fromEntries(encoded) } });
      const present = Object.entries(python).filter(([, method]) => !missing.includes(method));
      return present.map(([name, method]) => ({
        name,
        tolerance: 1e-4,
        async results() {
          const answer = /** @type {Record<string, string>} */ (await ask({ method }));
          return Object.fromEntries(Object.entries(answer).map(([key, text]) => [key, decode(text)]));
        },
        time: async (iterations) => (await ask({ method, iterations })).ns,
      }));
    },
  };
}

/** @param {string} text */
const decode = (text) => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
