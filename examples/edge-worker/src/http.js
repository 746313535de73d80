// @ts-check
/** Errors as JSON replies: { "error": { "code", "message" } }. */
import { CenterLossError } from 'center-loss';

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

/** @param {unknown} error @returns {Response} */
export function failure(error) {
  if (error instanceof HttpError) return reply(error.status, error.code, error.message, error.headers);
  // The package checks shapes and labels; its message says which value is wrong.
  const isOfValue = error instanceof CenterLossError && (error.code === 'ERR_SHAPE' || error.code === 'ERR_LABEL');
  if (isOfValue) return reply(422, error.code, error.message);
  // Only the log gets the stack.
  console.error(error);
  // The runtime marks its errors in this way when a binding, such as an object, was reset, moved or overloaded.
  const { retryable, overloaded, durableObjectReset } = Object(error);
  if (retryable || overloaded || durableObjectReset) {
    const message = 'a part of the worker did not answer; send the request again';
    return reply(503, 'ERR_UNAVAILABLE', message, { 'retry-after': '1' });
  }
  if (error instanceof CenterLossError) return reply(500, error.code, error.message);
  return reply(500, 'ERR_INTERNAL', 'the worker failed; see its log');
}

/** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [headers] */
const reply = (status, code, message, headers = {}) => Response.json({ error: { code, message } }, { status, headers });

/** Quotes a text in a message, at most 60 characters of it. @param {string} text */
export const quoted = (text) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
