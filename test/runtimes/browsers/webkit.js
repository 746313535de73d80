// @ts-check
/** WebKitGTK's MiniBrowser, driven by its own WebDriver under Xvfb. */
import { browserPlace } from '../browser.js';
import { installed, lazily, startServer } from '../process.js';

/** @import { Browser } from '../browser.js' */

const session = lazily(async () => {
  const driver = installed('WebKitWebDriver', process.env.WEBKIT_DRIVER, '/usr/bin/WebKitWebDriver');
  const display = installed('xvfb-run', process.env.XVFB_RUN, '/usr/bin/xvfb-run');
  const folders = ['4.1', '4.0'].map((version) => `/usr/lib/x86_64-linux-gnu/webkit2gtk-${version}/MiniBrowser`);
  const binary = installed('MiniBrowser', process.env.MINI_BROWSER, ...folders);
  // Root has no user namespaces, which the sandbox needs.
  const env = { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', LIBGL_ALWAYS_SOFTWARE: '1' };
  const origin = await startServer((port) => [display, '-a', driver, `--port=${port}`], '/status', '.', env);
  /** @param {string} path @param {unknown} body */
  const command = async (path, body) => {
    const response = await fetch(origin + path, { method: 'POST', body: JSON.stringify(body) });
    const { value } = /** @type {any} */ (await response.json());
    if (response.ok) return value;
    throw new Error(`WebDriver: ${value.error}: ${value.message}`);
  };
  const options = { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } };
  const { sessionId, capabilities } = await command('/session', { capabilities: { alwaysMatch: options } });
  /** @param {string} url */
  const open = (url) => command(`/session/${sessionId}/url`, { url });
  return { version: String(capabilities.browserVersion), open };
});

/** @type {Browser} */
const webkit = {
  version: async () => (await session()).version,
  open: async (url) => {
    const { open } = await session();
    await open(url);
    return () => open('about:blank');
  },
};

// CI runs the whole suite on this engine in Bun: after a thousand tests in one page, WebKitGTK spends minutes on memory.
export default [{ ...browserPlace('WebKitGTK', webkit), whole: [] }];
