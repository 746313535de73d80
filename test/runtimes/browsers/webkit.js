// @ts-check
/** WebKitGTK's small browser, driven by its own WebDriver, on a display that nobody sees. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { program } from './program.js';

/** @import { Browser } from './checks.js' */

const START = 30_000;

let driverUrl = '';
/** @type {Promise<{ id: string, version: string }> | undefined} */
let session;

/** @param {string} path @param {unknown} [body] @param {string} [method] */
async function command(path, body = {}, method = 'POST') {
  const response = await fetch(
    `${driverUrl}${path}`,
    method === 'POST' ? { method, body: JSON.stringify(body) } : { method },
  );
  const { value } = /** @type {any} */ (await response.json());
  if (response.ok) return value;
  throw new Error(`WebDriver: ${value.error}: ${value.message}`);
}

async function start() {
  const driver = program('WEBKIT_DRIVER', ['/usr/bin/WebKitWebDriver']);
  const display = program('XVFB_RUN', ['/usr/bin/xvfb-run']);
  const binary = program('MINI_BROWSER', [
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0/MiniBrowser',
  ]);
  const port = await freePort();
  driverUrl = `http://127.0.0.1:${port}`;
  const child = spawn(display, ['-a', driver, `--port=${port}`], {
    stdio: 'ignore',
    detached: true,
    // Root has no user namespaces to build its sandbox from.
    env: { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', LIBGL_ALWAYS_SOFTWARE: '1' },
  });
  process.on('exit', () => child.pid && process.kill(-child.pid));
  const until = Date.now() + START;
  for (;;) {
    try {
      await command('/status', undefined, 'GET');
      break;
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(200);
    }
  }
  const options = { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } };
  const { sessionId, capabilities } = await command('/session', { capabilities: { alwaysMatch: options } });
  return { id: sessionId, version: capabilities.browserVersion };
}

function started() {
  session ??= start();
  return session;
}

/** @type {Browser} */
export const webkit = {
  name: 'WebKitGTK',
  version: async () => (await started()).version,
  open: async (url) => {
    const { id } = await started();
    await command(`/session/${id}/url`, { url });
    return () => command(`/session/${id}/url`, { url: 'about:blank' });
  },
};
