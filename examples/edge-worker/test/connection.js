// @ts-check
/** A connection of HTTP/1.1 on which any bytes can be sent. Clients of Node send no malformed request. */
import { connect } from 'node:net';

/**
 * @typedef {object} Reply
 * @property {number} status 0: the connection ended before a reply
 * @property {Record<string, string>} headers
 * @property {string} text
 * @property {boolean} complete whether the reply has all bytes that it announces
 */

export class Connection {
  #socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #finished = false;
  #onChange = () => {};

  /** @param {URL} url */
  constructor({ hostname, port }) {
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
    this.#socket.on('data', (bytes) => {
      this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
      this.#onChange();
    });
    for (const event of ['end', 'error', 'close']) this.#socket.on(event, () => this.#end());
  }

  #end() {
    this.#ended = true;
    this.#onChange();
  }

  /** @param {string | Buffer} bytes */
  write(bytes) {
    if (!this.#ended) this.#socket.write(bytes, 'latin1');
  }

  /** Tells the server that no more bytes come, but waits for its reply. */
  finish() {
    this.#finished = true;
    this.#socket.end();
  }

  destroy() {
    this.#socket.destroy();
  }

  /** Tells if a client would send its next request here. @param {Reply} reply the last one */
  isOpenAfter({ complete, headers }) {
    return complete && headers.connection !== 'close' && !this.#ended && !this.#finished;
  }

  /** Waits for a reply. @param {number} [ms] @returns {Promise<Reply>} */
  async receive(ms = 30_000) {
    const timer = setTimeout(() => this.#end(), ms);
    for (;;) {
      const parsed = parse(this.#received);
      if (parsed?.complete || this.#ended) {
        clearTimeout(timer);
        this.#received = this.#received.subarray(parsed?.end ?? 0);
        return parsed ?? { status: 0, headers: {}, text: '', complete: false };
      }
      await new Promise((resolve) => {
        this.#onChange = () => resolve(undefined);
      });
    }
  }
}

/** @param {Buffer} bytes @returns {(Reply & { end: number }) | undefined} */
function parse(bytes) {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const [line = '', ...fields] = bytes.toString('latin1', 0, head).split('\r\n');
  const headers = Object.fromEntries(fields.map((field) => field.toLowerCase().split(': ', 2)));
  const status = Number(line.split(' ')[1]);
  let [at, text] = [head + 4, ''];
  if (headers['transfer-encoding'] !== 'chunked') {
    const end = at + Number(headers['content-length'] ?? 0);
    const complete = bytes.length >= end;
    return { status, headers, text: bytes.toString('utf8', at, end), complete, end };
  }
  for (;;) {
    const start = bytes.indexOf('\r\n', at) + 2;
    const size = Number.parseInt(bytes.toString('latin1', at, start), 16);
    at = start + size + 2;
    if (start < 2 || !(bytes.length >= at)) return { status, headers, text, complete: false, end: bytes.length };
    text += bytes.toString('latin1', start, start + size);
    if (size === 0) return { status, headers, text, complete: true, end: at };
  }
}
