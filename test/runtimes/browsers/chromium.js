// @ts-check
/** Chromium, driven by playwright-core. */
import { chromium as playwright } from 'playwright-core';
import { browserPlace, driven } from '../browser.js';
import { installed } from '../process.js';

const QUIET = ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update'];

export const chromium = driven(async () =>
  playwright.launch({
    executablePath: installed('Chromium', process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'),
    args: ['--no-sandbox', '--js-flags=--expose-gc', ...QUIET],
  }),
);

export default [browserPlace('Chromium', chromium)];
