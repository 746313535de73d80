// @ts-check
/** The body of a request, no larger than the limit, whatever its headers say. */
import { LIMITS } from './limits.js';
import { RequestError } from './request-error.js';

const tooLarge = () => new RequestError(413, 'ERR_TOO_LARGE', `a body may have ${LIMITS.bytes} bytes`);

/** @param {Request} request @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function readBody(request) {
  if (Number(request.headers.get('content-length')) > LIMITS.bytes) throw tooLarge();
  const bytes = new Uint8Array(LIMITS.bytes);
  let length = 0;
  // A length is what a client claims, or does not: the stream decides.
  for await (const chunk of request.body ?? []) {
    if (length + chunk.length > LIMITS.bytes) throw tooLarge();
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
}
