// @ts-check
// The front page's training in Chromium and Firefox: it trains, decides about drawings, and leaves the site nowhere. Both
// browsers are driven by one library, since Playwright cannot drive a distribution's Firefox. `./build.sh site` builds it.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { serve } from 'vitepress';

const AXE = createRequire(import.meta.url).resolve('axe-core');
const PICTURES = fileURLToPath(new URL('../../build/site-pictures', import.meta.url));
mkdirSync(PICTURES, { recursive: true });

const BROWSERS = /** @type {const} */ ([
  {
    browser: 'chrome',
    name: 'chromium',
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  },
  { browser: 'firefox', name: 'firefox', executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr', args: [] },
]);

/** Accuracy that the training has to reach, and the steps after which it decides about drawings. */
const [ACCURACY, STEPS] = [95, 1500];
/** Limits are generous, because machines that test are shared. */
const [TO_SHOW, TO_LEARN] = [30_000, 180_000];

/** Part of an ellipse. @param {number} from in turns @param {number} to @param {number[]} center @param {number[]} radii */
const arc = (from, to, [x = 0, y = 0], [across = 0, down = 0]) =>
  Array.from({ length: 25 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / 24);
    return [x + across * Math.cos(angle), y + down * Math.sin(angle)];
  });

/** Lines of a pen through points "x,y", in percent of the place to draw. @param {string[]} lines */
const through = (...lines) =>
  lines.map((line) => line.split(' ').map((point) => point.split(',').map((n) => +n / 100)));

/** @type {Record<string, number[][][]>} */
const DRAWINGS = {
  3: [[...arc(-0.4, 0.25, [0.48, 0.33], [0.2, 0.17]), ...arc(-0.25, 0.4, [0.48, 0.67], [0.22, 0.18])]],
  5: [[...through('70,18 38,18 36,45').flat(), ...arc(-0.25, 0.35, [0.47, 0.63], [0.22, 0.2])]],
  7: through('27,20 72,20 45,85'),
  A: through('20,85 50,15 80,85', '32,60 68,60'),
  E: through('75,15 25,15 25,85 75,85', '25,50 65,50'),
  F: through('75,15 30,15 30,85', '30,48 65,48'),
};

/** @type {import('node:http').Server} */
let server;
let address = '';
before(async () => {
  ({ server } = /** @type {any} */ (await serve({ root: fileURLToPath(new URL('..', import.meta.url)), port: 0 })));
  address = `http://localhost:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
});
after(() => server?.close());

for (const { name, ...options } of BROWSERS) {
  describe(`in ${name}`, { skip: existsSync(options.executablePath) ? false : `no ${options.executablePath}` }, () => {
    /** @type {import('puppeteer-core').Browser} */
    let browser;
    /** @type {import('puppeteer-core').Page} */
    let page;
    /** @type {string[]} */
    const faults = [];
    let clicked = 0;
    const seconds = () => `${((performance.now() - clicked) / 1000).toFixed(1)} s`;
    /** @param {string} what */
    const read = (what) => page.$eval(`[data-live="${what}"]`, (element) => element.textContent ?? '');

    before(async () => {
      browser = await puppeteer.launch({ ...options, args: [...options.args], headless: true });
      page = await browser.newPage();
      await page.setViewport({ width: 1400, height: 1000 });
      page.on('pageerror', (error) => faults.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
      page.on('request', (request) => {
        if (/^https?:/.test(request.url()) && !request.url().startsWith(address)) faults.push(request.url());
      });
      await page.goto(`${address}/center-loss/`);
    });
    after(() => browser?.close());

    it('shows points soon after the click', async (t) => {
      const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
      t.diagnostic(`first paint ${paint?.toFixed(0)} ms`);
      clicked = performance.now();
      await page.click('.live-train');
      await page.waitForSelector('[data-points="1000"]', { timeout: TO_SHOW });
      t.diagnostic(`points after ${seconds()}`);
    });

    it(`reaches ${ACCURACY} % by the nearest center`, async (t) => {
      const reached = (/** @type {number} */ wanted) =>
        Number.parseFloat(document.querySelector('[data-live="accuracy"]')?.textContent ?? '') >= wanted;
      await page.waitForFunction(reached, { timeout: TO_LEARN, polling: 100 }, ACCURACY);
      t.diagnostic(`${await read('accuracy')} after ${seconds()} and ${await read('steps')} steps`);
      const frames = await page.evaluate(async () => {
        const end = performance.now() + 2000;
        let count = 0;
        while (performance.now() < end) {
          await new Promise((resolve) => requestAnimationFrame(resolve));
          count += 1;
        }
        return count / 2;
      });
      t.diagnostic(`${frames} frames a second while it trains`);
    });

    it('classifies drawn digits and refuses drawn letters', async (t) => {
      const trained = (/** @type {number} */ steps) =>
        Number(document.querySelector('[data-live="steps"]')?.textContent) >= steps;
      await page.waitForFunction(trained, { timeout: TO_LEARN, polling: 100 }, STEPS);
      t.diagnostic(`${await read('accuracy')} after ${seconds()} and ${await read('steps')} steps`);
      await button('Pause');
      for (const [drawing, lines] of Object.entries(DRAWINGS)) {
        await button('Clear');
        for (const line of lines) await drag(line);
        const expected = /\d/.test(drawing) ? new RegExp(`^A ${drawing}\\.`) : /^Unknown\./;
        await page.waitForFunction(
          () => !/^Draw/.test(document.querySelector('[data-live="verdict"]')?.textContent ?? ''),
        );
        // Each line changes the decision; that of the last one counts.
        await new Promise((resolve) => setTimeout(resolve, 500));
        t.diagnostic(`${drawing}: ${await read('verdict')}`);
        assert.match(await read('verdict'), expected, `the drawing of ${drawing}`);
      }
    });

    it('is accessible, and looks well at two widths in light and dark', async () => {
      const { violations } = await (await page.addScriptTag({ path: AXE })).evaluate(() =>
        /** @type {any} */ (globalThis).axe.run(),
      );
      assert.deepEqual(faultsOf(violations), []);
      for (const scheme of ['light', 'dark']) {
        for (const width of [1400, 400]) {
          await page.setViewport({ width, height: 1000 });
          await new Promise((resolve) => setTimeout(resolve, 500));
          assert.equal(
            await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
            0,
          );
          await page.evaluate(() => scrollTo(0, 0));
          const path = /** @type {`${string}.png`} */ (`${PICTURES}/${name}-${width}-${scheme}.png`);
          await page.screenshot({ path, fullPage: true });
        }
        await page.setViewport({ width: 1400, height: 1000 });
        await page.click('.VPSwitchAppearance');
        await new Promise((resolve) => setTimeout(resolve, 500));
        const found = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
        assert.deepEqual(faultsOf(found.violations), []);
      }
    });

    it('has no fault, and no request that leaves the site', () => assert.deepEqual(faults, []));

    /** @param {string} label */
    async function button(label) {
      await page.locator(`.live ::-p-text(${label})`).click();
    }

    /** Draws one line with the mouse. @param {number[][]} line */
    async function drag(line) {
      const pad = await page.$('.pad-canvas');
      await pad?.scrollIntoView();
      const box = await pad?.boundingBox();
      assert.ok(box);
      const at = (/** @type {number[]} */ [x = 0, y = 0]) =>
        /** @type {const} */ ([box.x + x * box.width, box.y + y * box.height]);
      await page.mouse.move(...at(line[0] ?? []));
      await page.mouse.down();
      for (const point of line.slice(1)) await page.mouse.move(...at(point), { steps: 3 });
      await page.mouse.up();
    }
  });
}

/** @param {any[]} violations of axe */
const faultsOf = (violations) =>
  violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map((/** @type {any} */ { html }) => html)]);
