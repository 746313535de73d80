// @ts-check
/** POST / classifies embeddings, GET / tells by what. */
import { CenterLossError } from 'center-loss';
import { classify, nClasses, nDim, threshold } from './classifier.js';
import { readEmbeddings } from './embeddings.js';
import { LIMITS } from './limits.js';
import { RequestError } from './request-error.js';

export default {
  /** @param {Request} request @returns {Promise<Response>} */
  async fetch(request) {
    try {
      return Response.json(await answer(request));
    } catch (error) {
      return failure(error);
    }
  },
};

/** @param {Request} request */
async function answer(request) {
  const { pathname } = new URL(request.url);
  if (pathname !== '/') throw new RequestError(404, 'ERR_NOT_FOUND', `there is nothing at ${pathname}`);
  if (request.method === 'GET') return { nClasses, nDim, threshold, limits: LIMITS };
  if (request.method === 'POST') return { results: classify(await readEmbeddings(request, nDim)) };
  throw new RequestError(405, 'ERR_METHOD', `${request.method} is neither GET nor POST`, { allow: 'GET, POST' });
}

/** @param {unknown} error */
function failure(error) {
  if (error instanceof RequestError) {
    const { status, code, message, headers } = error;
    return Response.json({ error: { code, message } }, { status, headers });
  }
  if (error instanceof CenterLossError) {
    const { code, message } = error;
    return Response.json({ error: { code, message } }, { status: 422 });
  }
  // What it is stays in the log: a stack is no one's business.
  console.error(error);
  return Response.json({ error: { code: 'ERR_INTERNAL', message: 'this is our fault' } }, { status: 500 });
}
