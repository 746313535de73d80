// @ts-check
/** Chromium, driven by playwright-core. */
import { chromium as playwright } from 'playwright-core';
import { program } from './program.js';

/** @import { Browser } from './checks.js' */

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--js-flags=--expose-gc',
];

/** @type {ReturnType<typeof playwright.launch> | undefined} */
let launched;

function launch() {
  launched ??= playwright.launch({
    executablePath: program('CHROMIUM', ['/usr/bin/chromium', '/usr/bin/google-chrome']),
    args: FLAGS,
  });
  return launched;
}

/** @type {Browser} */
export const chromium = {
  name: 'Chromium',
  version: async () => (await launch()).version(),
  open: async (url) => {
    const page = await (await launch()).newPage();
    await page.goto(url);
    return () => page.close();
  },
};
