// center-loss/slim: every way to give it the module, and what is refused. Each test imports the package again, since a
// package has only one engine.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import type * as Slim from 'center-loss/slim';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const bytes = readFileSync(new URL('../../dist/center-loss.wasm', import.meta.url));
/** (module (func (export "memory"))) */
const foreign = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 10, 1, 6],
  ...Buffer.from('memory'),
  ...[0, 0, 10, 4, 1, 2, 0, 11],
);

let slim: typeof Slim;
let server: Server;
let address: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const found = request.url === '/center-loss.wasm';
    response.writeHead(found ? 200 : 404, { 'content-type': found ? 'application/octet-stream' : 'text/html' });
    response.end(found ? bytes : '<h1>no</h1>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.close());

beforeEach(async () => {
  vi.resetModules();
  slim = await import('center-loss/slim');
});

function works() {
  expect(new slim.ClassCenters(1, 2).distances([3, 4])).toEqual(Float32Array.of(25));
  expect(slim.accuracy([0, 1], [0, 0])).toBe(0.5);
}

async function code(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    expect(error).toBeInstanceOf(slim.CenterLossError);
    return `${(error as Slim.CenterLossError).code}: ${(error as Error).message}`;
  }
  return 'nothing was thrown';
}

it('a call before init fails with a message that says what to do', async () => {
  expect(await code(() => new slim.CenterLoss(3, 2))).toMatch(/^ERR_NOT_INITIALIZED: .*await init/);
  expect(await code(() => new slim.ClassCenters(3, 2))).toMatch(/^ERR_NOT_INITIALIZED/);
  await slim.init(bytes);
  works();
});

describe('init takes', () => {
  it.each<[string, () => Parameters<typeof slim.init>[0]]>([
    ['bytes', () => bytes],
    ['an ArrayBuffer', () => new Uint8Array(bytes).buffer],
    ['a part of a larger buffer', () => new Uint8Array([1, 2, 3, ...bytes, 4]).subarray(3, 3 + bytes.length)],
    ['bytes of another realm', () => runInNewContext('(bytes) => Uint8Array.from(bytes)')(bytes)],
    ['a module', () => new WebAssembly.Module(bytes)],
    ['a promise of one', () => WebAssembly.compile(bytes)],
    ['an address', () => `${address}/center-loss.wasm`],
    ['a URL', () => new URL('center-loss.wasm', address)],
    ['a promise of a response, of any content type', () => fetch(`${address}/center-loss.wasm`)],
    ['the URL of a file', () => new URL('../../dist/center-loss.wasm', import.meta.url)],
    ['the address of a file', () => import.meta.resolve('center-loss/center-loss.wasm')],
    [
      'the name of the file in the package, as bundlers do',
      () => new URL('center-loss/center-loss.wasm', import.meta.url),
    ],
    ['a URL of another realm', () => ({ href: `${address}/center-loss.wasm` })],
  ])('%s', async (_, source) => {
    await slim.init(source());
    works();
  });

  it('no second module: it is ignored', async () => {
    await slim.init(bytes);
    const centers = new slim.ClassCenters(1, 2);
    centers.params.set([1, 1]);
    await slim.init(`${address}/nowhere`);
    slim.initSync({ module: foreign });
    expect(centers.params).toEqual(Float32Array.of(1, 1));
  });

  it('many calls at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => slim.init(`${address}/center-loss.wasm`)));
    works();
  });
});

it.each<[string, () => Parameters<typeof slim.initSync>[0]['module']]>([
  ['bytes', () => bytes],
  ['a module', () => new WebAssembly.Module(bytes)],
])('initSync takes %s', (_, module) => {
  slim.initSync({ module: module() });
  works();
});

describe('an error, after which another call can succeed:', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['no file', () => slim.init(`${address}/nowhere`), /^ERR_NOT_INITIALIZED: .*\/nowhere gives 404 Not Found/],
    [
      'no server',
      () => slim.init('http://127.0.0.1:1/'),
      /^ERR_NOT_INITIALIZED: http:\/\/127.0.0.1:1\/ cannot be read/,
    ],
    [
      'no such file',
      () => slim.init('file:///nowhere/x.wasm'),
      /^ERR_NOT_INITIALIZED: file:.*cannot be read \(.*ENOENT/,
    ],
    ['a promise that fails', () => slim.init(Promise.reject(new Error('lost'))), /^ERR_NOT_INITIALIZED: .*lost/],
    [
      'bytes of something else',
      () => slim.initSync({ module: bytes.subarray(1) }),
      /^ERR_FORMAT: got \d+ bytes, expected .*center-loss\.wasm/,
    ],
    [
      'another module',
      () => slim.initSync({ module: foreign }),
      /^ERR_FORMAT: .*lacks __wbg_batch_free, __wbg_centers_free/,
    ],
    [
      'another compiled module',
      () => slim.init(new WebAssembly.Module(foreign)),
      /^ERR_FORMAT: .*lacks __wbg_batch_free/,
    ],
    ['no module at all', () => slim.initSync({ module: undefined as never }), /^ERR_FORMAT: got Undefined,/],
    ['a number', () => slim.init(7 as never), /^ERR_FORMAT: got Number,/],
    ['null', () => slim.init(null as never), /^ERR_FORMAT: got Null,/],
    ['no object', () => slim.initSync(undefined as never), /^ERR_FORMAT: got Undefined,/],
  ])('%s', async (_, act, message) => {
    expect(await code(act)).toMatch(message);
    expect(await code(() => new slim.ClassCenters(1, 2))).toMatch(/^ERR_NOT_INITIALIZED/);
    slim.initSync({ module: bytes });
    works();
  });
});
