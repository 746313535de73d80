// Published files in Chromium, as a page without a bundler loads them. The matrix runs whole suites in more browsers.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CenterLoss } from 'center-loss';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const DIST = new URL('../../dist/', import.meta.url);
const TYPES: Record<string, string> = { js: 'text/javascript', wasm: 'application/wasm' };
const IMPORTS = {
  'center-loss': '/index.js',
  'center-loss/slim': '/slim.js',
  'center-loss/js': '/js.js',
  'center-loss/pool': '/pool.js',
};

/** Function in the page: one step of training, and the bits of its results. */
const TRAIN = `({ CenterLoss }) => {
  const loss = new CenterLoss(3, 5, { reduction: 'batch', seed: 7 });
  const x = Float32Array.from({ length: 20 }, (_, i) => Math.sin(i));
  const { loss: value, gradX } = loss.step(x, [0, 2, -1, 1]);
  return [value, ...gradX, ...loss.centers.params];
}`;

const PAGES: Record<string, string> = {
  default: `return train(await import('center-loss'));`,
  js: `return train(await import('center-loss/js'));`,
  slim: `const set = await import('center-loss/slim');
    await set.init('/center-loss.wasm');
    return train(set);`,
  worker: `const source = "import * as set from '" + location.origin + "/index.js'; postMessage((" + ${JSON.stringify(TRAIN)} + ")(set))";
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });`,
};

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const policy = searchParams.get('policy');
    if (policy) response.setHeader('content-security-policy', policy);
    const type = TYPES[pathname.split('.')[1] ?? ''];
    response.setHeader('content-type', type ?? 'text/html');
    response.end(
      type
        ? readFileSync(new URL(`.${pathname}`, DIST))
        : `<!doctype html><title>test</title><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`,
    );
  }).listen(0);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Runs the body of a function in a new page, under a content security policy if one is given. */
async function inPage(body: string, policy = ''): Promise<unknown> {
  const page = await browser.newPage();
  try {
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://localhost:${port}/?policy=${encodeURIComponent(policy)}`);
    return await page.evaluate(`(async () => { const train = ${TRAIN}; ${body} })()`);
  } finally {
    await page.close();
  }
}

const expected = new Function(`return (${TRAIN})(...arguments)`)({ CenterLoss }) as number[];

it.each(Object.keys(PAGES))('%s: a step of training gives the bits that Node gives', async (entry) => {
  expect(await inPage(PAGES[entry] as string)).toEqual(expected);
});

const STRICT = "script-src 'self' 'unsafe-inline'";

it('a policy without wasm-unsafe-eval gives ERR_WASM_BLOCKED, and center-loss/js runs under it', async () => {
  const refused = await inPage(
    `const { CenterLoss } = await import('center-loss');
    try { return String(new CenterLoss(2, 2)); } catch (error) { return error.code; }`,
    STRICT,
  );
  expect(refused).toBe('ERR_WASM_BLOCKED');
  expect(await inPage(PAGES.js as string, STRICT)).toEqual(expected);
});

it('a policy with wasm-unsafe-eval lets the default entry run', async () => {
  expect(await inPage(PAGES.default as string, `${STRICT} 'wasm-unsafe-eval'`)).toEqual(expected);
});

describe('a pool of threads', () => {
  const POOL = `const { ClassifierPool } = await import('center-loss/pool');
    const { OpenSetClassifier } = await import('center-loss');
    const classifier = new OpenSetClassifier({ params: [0, 0, 3, 4], nClasses: 2, nDim: 2 }, { threshold: 9 });
    // Shared memory that this page, which is not isolated, cannot send.
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const rows = new Float32Array(buffer, 0, 2000);
    for (const i of rows.keys()) rows[i] = i % 7;
    try {
      const pool = await ClassifierPool.create(classifier, { workers: 2 });
      const [found, expected] = [await pool.classify(rows), classifier.classify(rows)];
      return [pool.workers, JSON.stringify(found) === JSON.stringify(expected)];
    } catch ({ code, message }) {
      return [code, message];
    }`;

  it('gives the results of the page', async () => {
    expect(await inPage(POOL)).toEqual([2, true]);
    expect(await inPage(POOL, `${STRICT} 'wasm-unsafe-eval'; worker-src blob:`)).toEqual([2, true]);
  });

  it('names the policy under which no thread starts', async () => {
    const refused = await inPage(POOL, `${STRICT} 'wasm-unsafe-eval'`);
    expect(refused).toEqual([
      'ERR_WORKER',
      expect.stringMatching(/a page needs blob: in the worker-src of its content/),
    ]);
  });
});
