// Threads of Node that end, run out of memory or may not start.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { CenterLossError, OpenSetClassifier } from 'center-loss';
import { ClassifierPool } from 'center-loss/pool';
import { expect, it } from 'vitest';

const [ROWS, nDim] = [20_000, 64];
const classifier = new OpenSetClassifier({ params: new Float32Array(3 * nDim), nClasses: 3, nDim });
const x = new Float32Array(ROWS * nDim);
const ended = (reason: RegExp) =>
  expect.objectContaining({ code: 'ERR_WORKER', message: expect.stringMatching(reason) });

it.each<[string, (worker: Worker) => void, RegExp]>([
  [
    'is ended',
    (worker) => void worker.terminate(),
    /a thread of the pool has ended \(exit code 1\): make another pool/,
  ],
  ['throws', (worker) => worker.postMessage(1), /has ended \(TypeError.*in.*\): make another pool/],
])('a thread that %s rejects all calls, those that follow as well', async (_, end, reason) => {
  const workers: Worker[] = [];
  const note = (worker: Worker) => workers.push(worker);
  process.on('worker', note);
  const pool = await ClassifierPool.create(classifier, { workers: 2 });
  process.off('worker', note);
  const calls = [pool.classify(x), pool.classify(x)];
  end(workers[1] as Worker);
  for (const call of calls) await expect(call).rejects.toEqual(ended(reason));
  await expect(pool.classify(x)).rejects.toEqual(ended(reason));
  await expect(pool.classify(x)).rejects.toBeInstanceOf(CenterLossError);
  pool.dispose();
});

it('rows that lose their memory are an error of their call alone', async () => {
  const pool = await ClassifierPool.create(classifier, { workers: 1 });
  const rows = x.slice();
  const call = pool.classify(rows);
  structuredClone(rows, { transfer: [rows.buffer] });
  await expect(call).rejects.toMatchObject({
    code: 'ERR_SHAPE',
    message: expect.stringMatching(/^x has lost its memory/),
  });
  expect((await pool.classify(x)).labels).toEqual(new Int32Array(ROWS));
  pool.dispose();
});

/** Output of a program in a process of its own. */
const run = (program: string, ...flags: string[]) =>
  execFileSync(process.execPath, [...flags, '--no-warnings', '--input-type=module', '-e', IMPORTS + program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
    timeout: 20_000,
  }).trim();
const IMPORTS = `import { OpenSetClassifier } from 'center-loss';
  import { ClassifierPool } from 'center-loss/pool';
  const nDim = 2 ** 14;
  const classifier = new OpenSetClassifier({ params: new Float32Array(20 * nDim), nClasses: 20, nDim });
  const pool = await ClassifierPool.create(classifier, { workers: 2 });`;

it('a thread without memory for its rows rejects their call, and goes on', () => {
  const printed = run(
    `await pool.classify(new Float32Array(64 * nDim)).catch(({ code, message }) => console.log(code, message));
    console.log((await pool.classify(new Float32Array(nDim))).labels[0]);`,
    '--wasm-max-mem-pages=70',
  );
  expect(printed).toMatch(/^ERR_OUT_OF_MEMORY cannot allocate .* for classify of 64 rows.*\n0$/);
});

it('a program ends while its pool waits, and not before its calls have ended', () => {
  expect(run(`pool.classify(new Float32Array(nDim)).then(({ labels }) => console.log(labels.length));`)).toBe('1');
});

it('where Node allows no threads, the pool computes in place', () => {
  const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
  const program = `console.log(pool.workers, (await pool.classify(new Float32Array(nDim))).labels[0]);`;
  expect(run(program, flag, '--allow-fs-read=/')).toBe('0 0');
});
