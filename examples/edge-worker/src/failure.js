// @ts-check
/** What went wrong, as a reply. */
import { CenterLossError } from 'center-loss';
import { RequestError } from './request-error.js';

/** @param {unknown} error @returns {Response} */
export function failure(error) {
  if (error instanceof RequestError) return reply(error.status, error.code, error.message, error.headers);
  // Of the package's errors only a shape can come from a request; the others are about the model or the runtime.
  if (error instanceof CenterLossError && error.code === 'ERR_SHAPE') return reply(422, error.code, error.message);
  // What it is stays in the log: a stack is no one's business.
  console.error(error);
  if (error instanceof CenterLossError) return reply(500, error.code, error.message);
  return reply(500, 'ERR_INTERNAL', 'the worker failed; its log says why');
}

/** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [headers] */
function reply(status, code, message, headers = {}) {
  return Response.json({ error: { code, message } }, { status, headers });
}
