// @ts-check
// The built pages in Chromium: links, accessibility, widths, programs. `./build.sh site` builds them.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from 'vitepress';

const BUILT = fileURLToPath(new URL('../../build/site', import.meta.url));
const AXE = createRequire(import.meta.url).resolve('axe-core');
const BASE = '/center-loss/';

const files = readdirSync(BUILT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'));
const pages = new Map(
  files.map((file) => [file.replace(/(?:(^|\/)index)?\.html$/, '$1'), readFileSync(join(BUILT, file), 'utf8')]),
);
/** The pages of docs/, the front page and one of the many pages of the reference. */
const LOOKED_AT = [...pages.keys()]
  .filter((page) => page !== '404' && !page.includes('/'))
  .concat('api/', 'api/center-loss/classes/CenterLoss');

it('links lead to pages, and to headings that are there', () => {
  const ids = new Map(
    [...pages].map(([page, html]) => [page, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
  );
  const dead = [...pages].flatMap(([page, html]) =>
    [...html.matchAll(/<a [^>]*?href="([^"]+)"/g)]
      .map(([, link = '']) => new URL(link, `http://site${BASE}${page}`))
      .filter(({ host, pathname, hash }) => {
        if (host !== 'site') return false;
        const found = ids.get(pathname.slice(BASE.length).replace(/\.html$/, ''));
        return found === undefined || (hash !== '' && !found.has(decodeURIComponent(hash.slice(1))));
      })
      .map(({ pathname, hash }) => `${page}: ${pathname}${hash}`),
  );
  assert.deepEqual(dead, []);
});

describe('in Chromium', () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {import('node:http').Server} */
  let server;
  let origin = '';
  before(async () => {
    ({ server } = /** @type {any} */ (await serve({ root: fileURLToPath(new URL('..', import.meta.url)), port: 0 })));
    origin = `http://localhost:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? 'chromium', args: ['--no-sandbox'] });
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  /** Opens a page and collects its errors, and its requests that leave the site. @param {'light' | 'dark'} colorScheme @param {string} path */
  async function open(colorScheme, path) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1400, height: 900 } });
    /** @type {string[]} */
    const faults = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    page.on(
      'request',
      (request) => /^https?:/.test(request.url()) && !request.url().startsWith(origin) && faults.push(request.url()),
    );
    await page.goto(`${origin}${BASE}${path}`, { waitUntil: 'load' });
    return { page, faults };
  }

  for (const path of LOOKED_AT) {
    it(`/${path}: no fault of accessibility in light or dark, nothing wider than a phone, programs run`, async () => {
      for (const scheme of /** @type {const} */ (['light', 'dark'])) {
        const { page, faults } = await open(scheme, path);
        await page.addScriptTag({ path: AXE });
        const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
        const found = violations.map((/** @type {any} */ { id, nodes }) => [
          id,
          ...nodes.slice(0, 3).map((/** @type {any} */ node) => node.html),
        ]);
        assert.deepEqual(found, [], scheme);
        if (scheme === 'light') {
          await page.setViewportSize({ width: 360, height: 800 });
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
          await runPrograms(page);
        }
        assert.deepEqual(faults, []);
        await page.close();
      }
    });
  }

  /** Runs the programs of a page. Those with TensorFlow.js take a minute without a graphics processor, so they run in Node only. @param {import('playwright-core').Page} page */
  async function runPrograms(page) {
    for (const program of await page.locator('.runnable').all()) {
      if ((await program.innerText()).includes('@tensorflow')) continue;
      await program.getByRole('button', { name: 'Run' }).click();
      await program.getByRole('button', { name: 'Run' }).waitFor();
      const printed = await program.locator('output').innerText();
      assert.notEqual(printed, '');
      assert.doesNotMatch(printed, /^\w*Error/m);
    }
  }
});
