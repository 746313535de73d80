// @ts-check
/** Child processes. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const LIMIT = 10 * 60_000;

/** This machine lacks something: the check is skipped, with the reason. */
export class Unavailable extends Error {}

/** Gives the first of these paths that exists. @param {string} name @param {(string | undefined)[]} paths */
export function installed(name, ...paths) {
  const path = paths.find((path) => path && existsSync(path));
  if (path) return path;
  throw new Unavailable(`${name} is not installed, or not made for this kind of machine`);
}

/**
 * Runs a program and gives what it printed. If it fails, the error carries the end of its output.
 * @param {string[]} command @param {string} [cwd] @param {Record<string, string>} [variables] of its environment
 */
export async function run([program = '', ...parameters], cwd, variables) {
  const env = { ...process.env, ...variables };
  const options = { cwd, env, timeout: LIMIT, killSignal: /** @type {const} */ ('SIGKILL'), maxBuffer: 1e9 };
  try {
    return (await promisify(execFile)(program, parameters, options)).stdout;
  } catch (error) {
    const { stdout = '', stderr = '', killed, code, signal } = /** @type {any} */ (error);
    const end = killed ? `did not end within ${LIMIT / 1000} s` : `ended with ${signal ?? code}`;
    throw new Error(`${program} ${end}:\n${`${stdout}\n${stderr}`.slice(-3000)}`);
  }
}

/**
 * Starts a server on a free port, waits until it answers, and gives its origin. It ends with this process.
 * @param {(port: string) => string[]} command @param {string} path that answers once it is up
 * @param {string} cwd @param {Record<string, string>} variables
 */
export async function startServer(command, path, cwd, variables) {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (listener.address());
  await once(listener.close(), 'close');
  const [program = '', ...parameters] = command(`${port}`);
  const env = { ...process.env, ...variables };
  const server = spawn(program, parameters, { cwd, env, stdio: 'ignore', detached: true });
  process.on('exit', () => server.pid && process.kill(-server.pid));
  const origin = `http://127.0.0.1:${port}`;
  const until = Date.now() + LIMIT;
  while (!(await fetch(origin + path).catch(() => undefined))?.ok) {
    if (Date.now() > until || server.exitCode !== null) throw new Error(`${program} does not answer`);
    await sleep(200);
  }
  return origin;
}

/** Gives a function that calls `make` at first use only. @template T @param {(context?: any) => T} make */
export function lazily(make) {
  /** @type {T | undefined} */
  let made;
  return /** @param {any} [context] */ (context) => {
    made ??= make(context);
    return made;
  };
}
