// @ts-check
/** Pages that run a program of the project, and what of the project a browser needs to find. */

const DIST = '/node_modules/center-loss/dist';
const IMPORTS = {
  'center-loss': `${DIST}/index.js`,
  'center-loss/js': `${DIST}/js.js`,
  'center-loss/slim': `${DIST}/slim.js`,
};
const NONCE = 'matrix';

/** A page with a module of the project. @param {string} program */
export const modulePage = (program) => `<!doctype html><title>matrix</title>
<script type="importmap" nonce="${NONCE}">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module" src="/${program}"></script>`;

/** A page with a bundle. @param {string} program */
export const scriptPage = (program) =>
  `<!doctype html><title>matrix</title><script type="module" src="/${program}"></script>`;

/** A page that starts a worker and reports what it posts. @param {string} program @param {'module' | 'classic'} type */
export const workerPage = (program, type) => `<!doctype html><title>matrix</title>
<script type="module">
import { report } from '/report.js';
report(() => new Promise((resolve, reject) => {
  const worker = new Worker('/${program}', { type: '${type}' });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message || 'the worker could not be loaded'));
}));
</script>`;

/** A page that shares rows and labels with a worker. @param {string} program */
export const sharedPage = (program) => `<!doctype html><title>matrix</title>
<script type="module">
import { report } from '/report.js';
report(() => new Promise((resolve, reject) => {
  if (typeof SharedArrayBuffer === 'undefined') return resolve({ missing: true, isolated: crossOriginIsolated });
  const x = new Float32Array(new SharedArrayBuffer(4 * 8 * 33)).map((_, i) => Math.sin(i));
  const shared = new Float32Array(new SharedArrayBuffer(4 * x.length));
  shared.set(x);
  const target = new Int32Array(new SharedArrayBuffer(4 * 33));
  for (let i = 0; i < 33; i++) target[i] = (i % 11) - 1;
  const worker = new Worker('/${program}', { type: 'module' });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.postMessage({ x: shared, target });
}));
</script>`;

/** A policy, without or with leave for WebAssembly. @param {boolean} allowed */
export const policy = (allowed) => ({
  'content-security-policy': `default-src 'self'; script-src 'self' 'nonce-${NONCE}'${allowed ? " 'wasm-unsafe-eval'" : ''}`,
});

export const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
