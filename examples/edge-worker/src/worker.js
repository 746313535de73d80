// @ts-check
/** POST / classifies embeddings, GET / describes the model. */
import { classify, trained } from './classifier.js';
import { readEmbeddings } from './embeddings.js';
import { failure } from './failure.js';
import { LIMITS } from './limits.js';
import { RequestError, shown } from './request-error.js';

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
  if (pathname !== '/') throw new RequestError(404, 'ERR_NOT_FOUND', `there is nothing at ${shown(pathname)}`);
  if (request.method === 'GET') {
    const { nClasses, nDim, threshold } = trained();
    return { nClasses, nDim, threshold, limits: LIMITS };
  }
  if (request.method === 'POST') {
    const model = trained();
    return { results: classify(model, await readEmbeddings(request, model.nDim)) };
  }
  throw new RequestError(405, 'ERR_METHOD', `${request.method} is neither GET nor POST`, { allow: 'GET, POST' });
}
