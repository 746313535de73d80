// @ts-check
// PyTorch in a child process that lives through the whole run, so that it takes its turns like the others.

import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const NO_TORCH = 'no torch here: pip install -r bench/requirements.txt';
const TOLERANCE = 1e-4;

/** @typedef {Awaited<ReturnType<typeof startTorch>>} Torch */

/**
 * Starts python, if there is one with torch; without, there are no `versions`.
 *
 * @param {string} program  beside this file, that serves works by torch_protocol.py
 */
export async function startTorch(program) {
  const script = fileURLToPath(new URL(program, import.meta.url));
  const paths = [fileURLToPath(new URL('.', import.meta.url)), ...(process.env.PYTHONPATH?.split(delimiter) ?? [])];
  const child = spawn(process.env.PYTHON || 'python3', [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A forced core type would make OpenBLAS pick kernels that are not this machine's.
    env: { ...process.env, OPENBLAS_CORETYPE: undefined, PYTHONPATH: paths.join(delimiter) },
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
    versions,
    close: () => child.kill(),
    /**
     * What all works that follow are done with.
     *
     * @param {{ shape: [number, number, number] } & Record<string, unknown>} data  arrays by name
     */
    async load(data) {
      const entries = Object.entries(data).map(([name, value]) => [
        name,
        ArrayBuffer.isView(value) ? encode(value) : value,
      ]);
      await ask({ load: Object.fromEntries(entries) });
    },
    /**
     * @param {string} name
     * @param {string} work  a method of the program's works
     * @returns {import('./measure.js').Contender}
     */
    contender: (name, work) => ({
      name,
      group: 'peer',
      tolerance: TOLERANCE,
      async outcome() {
        const answer = /** @type {Record<string, string>} */ (await ask({ work }));
        return Object.fromEntries(Object.entries(answer).map(([key, text]) => [key, decode(text)]));
      },
      time: async (iterations) => (await ask({ work, iterations })).ns,
    }),
  };
}

/** @param {ArrayBufferView} values */
const encode = ({ buffer, byteOffset, byteLength }) =>
  Buffer.from(/** @type {ArrayBuffer} */ (buffer), byteOffset, byteLength).toString('base64');

/** @param {string} text */
const decode = (text) => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
