// @ts-check
/** Firefox, driven by puppeteer-core over WebDriver BiDi. */
import puppeteer from 'puppeteer-core';
import { program } from './program.js';

/** @import { Browser } from './checks.js' */

/** @type {ReturnType<typeof puppeteer.launch> | undefined} */
let launched;

function launch() {
  launched ??= puppeteer.launch({
    browser: 'firefox',
    executablePath: program('FIREFOX', ['/usr/bin/firefox-esr', '/usr/bin/firefox']),
    headless: true,
  });
  return launched;
}

/** @type {Browser} */
export const firefox = {
  name: 'Firefox',
  version: async () => (await (await launch()).version()).replace(/^.*\//, ''),
  open: async (url) => {
    const page = await (await launch()).newPage();
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    return () => page.close();
  },
};
