// @ts-check
/** Firefox, driven by puppeteer-core over WebDriver BiDi. */
import puppeteer from 'puppeteer-core';
import { browserPlace, driven } from '../browser.js';
import { installed } from '../process.js';

const firefox = driven(async () =>
  puppeteer.launch({
    browser: 'firefox',
    executablePath: installed('Firefox', process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'),
    headless: true,
  }),
);

export default [browserPlace('Firefox', firefox)];
