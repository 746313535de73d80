// @ts-check
// PyTorch in a child process that lives through the whole run, so that it takes its turns like the others.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** @import { Case, Data, Implementation } from '../types.js' */

/** Starts the python that `PYTHON` names, if there is one with torch. */
export async function openPytorch() {
  const child = spawn(process.env.PYTHON || 'python3', [fileURLToPath(new URL('torch_calls.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A forced core type would make OpenBLAS pick kernels for another machine.
    env: { ...process.env, OPENBLAS_CORETYPE: undefined },
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
    if (!answer) throw new Error('the PyTorch process ended');
    return answer;
  };

  /** @type {Record<string, string> | undefined} */
  const versions = (await receive())?.versions;
  return {
    versions: versions ?? { torch: null },
    close: () => child.kill(),
    /** @param {Case} one @param {Data} data @returns {Promise<Implementation[]>} */
    async implementations({ pytorch, shape: { B, D, C } }, { x, target, centers, logits }) {
      if (!pytorch || !versions) return [];
      const arrays = Object.entries({ x, target, centers, ...(logits && { logits }) });
      const encoded = arrays.map(([name, values]) => [name, Buffer.from(values.buffer).toString('base64')]);
      await ask({ load: { shape: [B, D, C], ...Object.fromEntries(encoded) } });
      return Object.entries(pytorch).map(([name, method]) => ({
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
