// @ts-check
/** Replies to errors. */
import { CenterLossError } from 'center-loss';
import { RequestError } from './request-error.js';

/** @param {unknown} error @returns {Response} */
export function failure(error) {
  if (error instanceof RequestError) return reply(error.status, error.code, error.message, error.headers);
  // A request can have a wrong shape; the package's other errors come from the model or the runtime.
  if (error instanceof CenterLossError && error.code === 'ERR_SHAPE') return reply(422, error.code, error.message);
  // The log has the stack; the client gets none of it.
  console.error(error);
  if (error instanceof CenterLossError) return reply(500, error.code, error.message);
  return reply(500, 'ERR_INTERNAL', 'the worker failed; its log says why');
}

/** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [headers] */
function reply(status, code, message, headers = {}) {
  return Response.json({ error: { code, message } }, { status, headers });
}
