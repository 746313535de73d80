// @ts-check
/** Malformed requests of many kinds, each with the status that it must get. */
import { setTimeout as wait } from 'node:timers/promises';

/** @import { Connection } from './connection.js' */

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {number | number[]} [status] of the reply; without it, any but a failure of the worker
 * @property {RegExp | undefined} [text] of the reply
 * @property {string | Buffer} bytes of the request
 * @property {boolean} [cut] whether the request does not end, so the reply must not be complete
 * @property {boolean} [rare] whether the request is so large that it is sent less often
 * @property {(connection: Connection) => unknown} [after] what the client does after the bytes
 */

/** @param {string} line method and path @param {string[]} [headers] @param {string | Buffer} [body] @returns {Buffer} */
export function request(line, headers = [], body) {
  const bytes = Buffer.from(body ?? '');
  const length = body === undefined ? [] : [`content-length: ${bytes.length}`];
  const head = [`${line} HTTP/1.1`, 'host: localhost', ...headers, ...length, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

/** Body in chunks of at most 10,000 bytes. @param {string | Buffer} body */
export function chunked(body) {
  const bytes = Buffer.from(body);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 10_000) }, (_, i) => {
    const chunk = bytes.subarray(10_000 * i, 10_000 * (i + 1));
    return [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')];
  });
  return Buffer.concat([...chunks.flat(), Buffer.from('0\r\n\r\n')]);
}

/** The kinds in turn; those that are large are sent in one of eight rounds. @param {Kind[]} kinds @returns {(nth: number) => Kind} */
export function inTurn(kinds) {
  const common = kinds.filter(({ rare }) => !rare);
  const turns = [kinds, ...Array.from({ length: 7 }, () => common)].flat();
  return (nth) => /** @type {Kind} */ (turns[nth % turns.length]);
}

/**
 * Kinds for any worker that has a token.
 * @param {object} worker
 * @param {string} worker.post method and path of a request with a body
 * @param {string[]} worker.headers that such a request needs
 * @param {string} worker.token one of these headers
 * @param {number} worker.limit of a body in bytes
 * @param {number} worker.ms limit of a body in time
 * @returns {Kind[]}
 */
export function kindsOf({ post, headers, token, limit, ms }) {
  const raw = (/** @type {string} */ head, body = '') =>
    request(post, [...headers, head], undefined).toString('latin1') + body;
  const inChunks = (/** @type {string} */ body) => raw('transfer-encoding: chunked', body);
  const others = headers.filter((header) => header !== token);
  const auth = (/** @type {string[]} */ ...lines) => request(post, [...others, ...lines], '{}');
  const finish = (/** @type {Connection} */ connection) => connection.finish();
  /** @type {(connection: Connection) => Promise<void>} */
  const trickle = async (connection) => {
    for (let sent = 0; sent < 3; sent++) {
      await wait(ms / 4);
      connection.write('x');
    }
  };
  const huge = Buffer.alloc(limit + 17 * 1024 * 1024, ' ');
  /** @type {Kind[]} */
  const broken = [
    // workerd answers these itself.
    { name: 'unknown method', status: 501, bytes: request('FOO /') },
    { name: 'lower-case method', status: 501, bytes: request('post /', [], 'x') },
    { name: 'TLS', status: 501, bytes: '\x16\x03\x01\x02\x00\x01\r\n\r\n' },
    { name: 'NUL in a header', status: 400, bytes: raw('x: a\0b') },
    { name: 'header without colon', status: 400, bytes: raw('x') },
    { name: 'blank in the name of a header', status: 400, bytes: raw('x y: 1') },
    { name: 'header of 300 KB', status: 431, bytes: raw(`x: ${'x'.repeat(300_000)}`) },
    { name: 'two lengths', status: 500, bytes: raw('content-length: 1\r\ncontent-length: 2', 'ab') },
    { name: 'length that is no number', status: 500, bytes: raw('content-length: x') },
    { name: 'length below 0', status: 500, bytes: raw('content-length: -1') },
    { name: 'unknown transfer encoding', status: 500, bytes: raw('transfer-encoding: gzip, chunked') },
    { name: 'no host', status: 400, bytes: 'GET / HTTP/1.1\r\n\r\n' },
    { name: 'host with a blank', status: 500, bytes: 'GET / HTTP/1.1\r\nhost: a b\r\n\r\n' },
    { name: 'path without slash', status: 500, bytes: 'GET x HTTP/1.1\r\nhost: localhost\r\n\r\n' },
    // The worker gets an error while it reads the body.
    { name: 'chunk size that is no number', status: 400, cut: true, bytes: inChunks('zz\r\nab\r\n0\r\n\r\n') },
    { name: 'no chunk size', status: 400, cut: true, bytes: inChunks('\r\nab\r\n0\r\n\r\n') },
    { name: 'chunk size below 0', status: 400, cut: true, bytes: inChunks('-2\r\nab\r\n') },
    { name: 'chunk size of 17 digits', status: 400, cut: true, bytes: inChunks(`${'f'.repeat(17)}\r\nab`) },
    { name: 'chunk that is too long', status: 400, cut: true, bytes: inChunks('2\r\nabxy\r\n0\r\n\r\n') },
    { name: 'chunk extension', status: 400, cut: true, bytes: inChunks('2;a=b\r\nab\r\n0\r\n\r\n') },
    { name: 'end in a chunk', status: 400, cut: true, bytes: inChunks('5\r\nab'), after: finish },
    { name: 'end before the last chunk', status: 400, cut: true, bytes: inChunks('2\r\nab\r\n'), after: finish },
    { name: 'end before the length', status: 400, cut: true, bytes: raw('content-length: 9', 'ab'), after: finish },
  ];
  const large = Buffer.alloc(limit + 1, ' ');
  return [
    ...broken,
    {
      name: 'too large',
      text: new RegExp(`at least ${limit + 1} bytes; the limit is ${limit}`),
      rare: true,
      status: 413,
      bytes: request(post, headers, large),
    },
    {
      name: 'too large, in chunks',
      text: /ERR_TOO_LARGE/,
      rare: true,
      status: 413,
      bytes: Buffer.concat([Buffer.from(inChunks('')), chunked(large)]),
    },
    // workerd closes a connection with unread bytes, so TCP may reset it before the client has the reply.
    { name: 'far too large', rare: true, status: [413, 0], cut: true, bytes: request(post, headers, huge) },
    {
      name: 'length of 2⁶⁴',
      status: 413,
      cut: true,
      bytes: raw('content-length: 18446744073709551615', 'ab'),
      after: finish,
    },
    { name: 'trickle', status: 408, cut: true, bytes: raw('content-length: 9', 'ab'), after: trickle },
    { name: 'no token', status: 401, bytes: auth() },
    { name: 'wrong token', status: 401, bytes: auth(`${token}x`) },
    { name: 'token in part', status: 401, bytes: auth(token.slice(0, -1)) },
    { name: 'token and more', status: 401, bytes: auth(`${token} x`) },
    { name: 'empty token', status: 401, bytes: auth('authorization: Bearer ') },
    { name: 'other scheme', status: 401, bytes: auth(token.replace('Bearer', 'Basic')) },
    { name: 'two tokens', status: 401, bytes: auth(token, 'authorization: Bearer x') },
    { name: 'token that is no text', status: 401, bytes: auth('authorization: Bearer \xff\xfe') },
    { name: 'gzip', status: 415, bytes: request(post, [...headers, 'content-encoding: gzip'], '\x1f\x8b\x08') },
    { name: 'unknown encoding', status: 415, bytes: request(post, [...headers, 'content-encoding: x'], 'ab') },
    ...['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'].map((method) => ({
      name: method,
      status: 405,
      bytes: request(post.replace('POST', method), headers, 'ab'),
    })),
  ];
}
