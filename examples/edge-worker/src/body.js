// @ts-check
/**
 * Bodies within limits of bytes and time, and replies that lose no request behind them.
 *
 * A connection serves one request after the other. If a worker replies before it has read the whole body, workerd drops the
 * connection after the reply, and the client's next request on it is lost. `connection: close` would warn the client, but
 * workerd lets no worker send that header. So `serve` reads the rest of the body first, and throws it away. If the rest is
 * too long, too slow or broken, the connection has to end. It then ends one byte before the reply does: no client takes
 * such a connection for its next request.
 */
import { failure, HttpError, quoted } from './http.js';

/** Limits of the rest of a body, which costs time but no memory. */
const REST = { bytes: 16 * 1024 * 1024, ms: 2000 };

/** @typedef {{ bytes: number, ms: number }} Limits of a body */

/**
 * Answers a request; an error becomes a reply.
 * @param {Request} request @param {(body: Body) => Promise<Response>} answer
 */
export async function serve(request, answer) {
  const body = new Body(request);
  const response = await answer(body).catch(failure);
  try {
    await body.discard();
    return response;
  } catch (error) {
    const reply = response.status < 400 ? failure(error) : response;
    // A reply to HEAD has no body that could be cut.
    return request.method === 'HEAD' ? reply : cutShort(reply);
  }
}

/** Body of a request. */
export class Body {
  #headers;
  #reader;
  /** @type {Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> | undefined} */
  #next;

  /** @param {Request} request */
  constructor({ headers, body }) {
    this.#headers = headers;
    this.#reader = body?.getReader();
  }

  /**
   * @param {Limits} limits @returns {Promise<Uint8Array<ArrayBuffer>>} in a buffer of its own
   * @throws HttpError 400, 408, 413 or 415
   */
  async read(limits) {
    const encoding = this.#headers.get('content-encoding') ?? 'identity';
    if (encoding !== 'identity') {
      throw new HttpError(415, 'ERR_ENCODING', `the body must not be encoded, got ${quoted(encoding)}`);
    }
    checkSize(Number(this.#headers.get('content-length')), limits);
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const chunks = [];
    // The header may be missing, so the bytes are counted as they come.
    await this.#take(limits, (chunk) => chunks.push(chunk));
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  }

  /** Reads what is left, and throws it away. @throws HttpError 400, 408 or 413 */
  discard() {
    return this.#take(REST, () => {});
  }

  /** @param {Limits} limits @param {(chunk: Uint8Array<ArrayBuffer>) => void} onChunk */
  async #take(limits, onChunk) {
    if (!this.#reader) return;
    const problem = `the body took more than ${limits.ms} ms`;
    let timer;
    /** @type {Promise<never>} */
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new HttpError(408, 'ERR_TIMEOUT', problem)), limits.ms);
    });
    try {
      for (let size = 0; ; ) {
        // A read that came too late is still on its way, and workerd takes one at a time.
        this.#next ??= this.#reader.read();
        const { done, value } = await Promise.race([this.#next, late]);
        if (done) return;
        this.#next = undefined;
        size += value.length;
        checkSize(size, limits);
        onChunk(value);
      }
    } catch (error) {
      if (error instanceof HttpError) throw error;
      throw new HttpError(400, 'ERR_BODY', 'the body breaks off, or its chunks are malformed');
    } finally {
      clearTimeout(timer);
    }
  }
}

/** @param {number} bytes @param {Limits} limits */
function checkSize(bytes, limits) {
  if (bytes <= limits.bytes) return;
  throw new HttpError(413, 'ERR_TOO_LARGE', `the body has at least ${bytes} bytes; the limit is ${limits.bytes}`);
}

/** Announces one byte more than the reply has, and breaks the connection there. @param {Response} response */
async function cutShort(response) {
  const text = new Uint8Array(await response.arrayBuffer());
  const { readable, writable } = new FixedLengthStream(text.length + 1);
  const writer = writable.getWriter();
  // A write ends when the client's connection has taken the text.
  writer
    .write(text)
    .then(() => writer.abort(new Error('the request did not end')))
    .catch(() => {});
  return new Response(readable, response);
}
