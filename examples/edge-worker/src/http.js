// @ts-check
/** Bodies within a limit, and errors as JSON replies. */
import { CenterLossError } from 'center-loss';

/** Limits of a request: bytes of its body, embeddings in it. */
export const LIMITS = { bytes: 64 * 1024, rows: 256 };

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

/** @param {Request} request @returns {Promise<Uint8Array<ArrayBuffer>>} */
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
  // Only the log gets the stack.
  console.error(error);
  if (error instanceof CenterLossError) return reply(500, error.code, error.message);
  return reply(500, 'ERR_INTERNAL', 'the worker failed; see its log');
}

/** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [headers] */
const reply = (status, code, message, headers = {}) => Response.json({ error: { code, message } }, { status, headers });

/** Shows a value in a message, in at most 61 characters: a reply must not send a whole body back. @param {unknown} value */
export function shown(value) {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
