// @ts-check
/** The body of a request, no larger than the limit, whatever its headers say. */
import { LIMITS } from './limits.js';
import { RequestError } from './request-error.js';

/** @param {string} size */
const tooLarge = (size) =>
  new RequestError(413, 'ERR_TOO_LARGE', `the body has ${size} bytes, but a request may have ${LIMITS.bytes}`);

/**
 * @param {Request} request @returns {Promise<Uint8Array<ArrayBuffer>>} in a buffer of its own
 * @throws RequestError 413; any error for a connection that ends before the body does
 */
export async function readBody(request) {
  const claimed = Number(request.headers.get('content-length'));
  if (claimed > LIMITS.bytes) throw tooLarge(String(claimed));
  // Memory is taken as the bytes come: a client that only claims to send many costs nothing.
  const chunks = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > LIMITS.bytes) throw tooLarge(`at least ${length}`);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
