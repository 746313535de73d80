// @ts-check
/** The body of a request, no larger than the limit, whatever its headers say. */
import { LIMITS } from './limits.js';
import { RequestError } from './request-error.js';

/** @param {string} size */
const tooLarge = (size) =>
  new RequestError(413, 'ERR_TOO_LARGE', `the body has ${size} bytes, but a request may have ${LIMITS.bytes}`);

/** @param {Request} request @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function readBody(request) {
  const claimed = Number(request.headers.get('content-length'));
  if (claimed > LIMITS.bytes) throw tooLarge(String(claimed));
  const bytes = new Uint8Array(LIMITS.bytes);
  let length = 0;
  // The header may be missing or wrong, so the bytes are counted as they come.
  for await (const chunk of request.body ?? []) {
    if (length + chunk.length > LIMITS.bytes) throw tooLarge(`at least ${length + chunk.length}`);
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
}
