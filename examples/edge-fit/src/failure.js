// @ts-check
/** Replies to errors. */
import { CenterLossError } from 'center-loss';
import { RequestError } from './request-error.js';

/** Errors of the package that a request can cause; the others come from the configuration or the runtime. */
const OF_REQUESTS = ['ERR_LABEL', 'ERR_SHAPE'];

/** @param {unknown} error @returns {Response} */
export function failure(error) {
  if (error instanceof RequestError) return reply(error.status, error.code, error.message, error.headers);
  if (error instanceof CenterLossError && OF_REQUESTS.includes(error.code))
    return reply(422, error.code, error.message);
  // The log has the stack; the client gets none of it.
  console.error(error);
  if (isPassing(error)) {
    const message = 'the object did not answer; send the request again, a batch is merged only once';
    return reply(503, 'ERR_UNAVAILABLE', message, { 'retry-after': '1' });
  }
  if (error instanceof CenterLossError) return reply(500, error.code, error.message);
  return reply(500, 'ERR_INTERNAL', 'the worker failed; its log says why');
}

/** Tells by the runtime's marks whether an object was reset, moved or overloaded. @param {unknown} error */
function isPassing(error) {
  const { retryable, overloaded, durableObjectReset } = /** @type {Record<string, unknown>} */ (Object(error));
  return retryable === true || overloaded === true || durableObjectReset === true;
}

/** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [headers] */
function reply(status, code, message, headers = {}) {
  return Response.json({ error: { code, message } }, { status, headers });
}
