// @ts-check
// PyTorch in a child process that lives through the whole run, so that it takes its turns like the others.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../torch_reference.py', import.meta.url));
export const NO_TORCH = 'no torch here: pip install -r bench/requirements.txt';
const TOLERANCE = 1e-4;

/** @type {Partial<Record<import('../shapes.js').Kind, { name: string, work: string }[]>>} */
const variants = {
  gradients: [
    { name: 'PyTorch, pytorch-ood', work: 'gradients_pytorch_ood' },
    { name: 'PyTorch, gather', work: 'gradients_gather' },
  ],
  distances: [{ name: 'PyTorch, pytorch-ood', work: 'distances_pytorch_ood' }],
  predict: [{ name: 'PyTorch, pytorch-ood', work: 'predict_pytorch_ood' }],
};

/**
 * Starts python, if there is one with torch.
 *
 * @param {string} [python]
 */
export async function openTorch(python = process.env.PYTHON || 'python3') {
  const child = spawn(python, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A forced core type would make OpenBLAS pick kernels that are not this machine's.
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
    versions,
    close: () => child.kill(),
    /**
     * @param {import('../shapes.js').Work} work
     * @param {import('../data.js').Data} data
     * @returns {Promise<(import('../measure.js').Contender | import('../measure.js').Missing)[]>}
     */
    async contenders({ kind, shape: { B, D, C } }, data) {
      const forms = variants[kind] ?? [];
      if (forms.length === 0) return [];
      if (!versions) return [{ name: 'PyTorch', group: 'peer', missing: NO_TORCH }];
      const { x, target, centers } = data;
      await ask({ load: { shape: [B, D, C], x: encode(x), target: encode(target), centers: encode(centers) } });
      return forms.map(({ name, work }) => ({
        name,
        group: 'peer',
        tolerance: TOLERANCE,
        async outcome() {
          const answer = /** @type {Record<string, string>} */ (await ask({ work }));
          return Object.fromEntries(Object.entries(answer).map(([key, text]) => [key, decode(text)]));
        },
        time: async (iterations) => (await ask({ work, iterations })).ns,
      }));
    },
  };
}

/** @param {Float32Array | Int32Array} values */
const encode = ({ buffer, byteOffset, byteLength }) =>
  Buffer.from(/** @type {ArrayBuffer} */ (buffer), byteOffset, byteLength).toString('base64');

/** @param {string} text */
const decode = (text) => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
