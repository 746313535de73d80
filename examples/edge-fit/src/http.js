// @ts-check
/** Bodies within a limit, and errors as JSON replies. */
import { CenterLossError } from 'center-loss';

export const LIMITS = {
  bytes: 8 * 1024 * 1024, // of a body: an isolate has 128 MB for all requests that it serves at once
  rows: 65_536, // of a batch
  producers: 10_000, // of a fit: the object keeps a record of each, 200 bytes at most
  totalsBytes: 16_000_000, // of the statistics of a fit: the object reads and writes them with every batch
};

/** Error that a request causes. */
export class HttpError extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [headers] */
  constructor(status, code, message, headers = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/**
 * @param {Request} request @returns {Promise<Uint8Array<ArrayBuffer>>} in a buffer of its own
 * @throws HttpError 413; any error if the connection ends before the body
 */
export async function readBody({ headers, body }) {
  checkSize(Number(headers.get('content-length')));
  const chunks = [];
  let size = 0;
  // The header may be missing or wrong, so the bytes are counted as they come.
  for await (const chunk of body ?? []) {
    size += chunk.length;
    checkSize(size);
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** @param {number} bytes */
function checkSize(bytes) {
  if (bytes <= LIMITS.bytes) return;
  throw new HttpError(413, 'ERR_TOO_LARGE', `the body has at least ${bytes} bytes; the limit is ${LIMITS.bytes}`);
}

/** @param {unknown} error @returns {Response} */
export function failure(error) {
  if (error instanceof HttpError) return reply(error.status, error.code, error.message, error.headers);
  // Labels are the only values of a request that the package checks.
  if (error instanceof CenterLossError && error.code === 'ERR_LABEL') return reply(422, error.code, error.message);
  // Only the log gets the stack.
  console.error(error);
  // The runtime marks its errors in this way when an object was reset, moved or overloaded.
  const { retryable, overloaded, durableObjectReset } = Object(error);
  if (retryable || overloaded || durableObjectReset) {
    const message = 'the object did not answer; send the request again, a batch is merged only once';
    return reply(503, 'ERR_UNAVAILABLE', message, { 'retry-after': '1' });
  }
  if (error instanceof CenterLossError) return reply(500, error.code, error.message);
  return reply(500, 'ERR_INTERNAL', 'the worker failed; see its log');
}

/** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [headers] */
const reply = (status, code, message, headers = {}) => Response.json({ error: { code, message } }, { status, headers });

/** Quotes a text in a message, at most 60 characters of it. @param {string} text */
export const quoted = (text) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
