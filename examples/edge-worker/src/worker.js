// @ts-check
/** POST { "rows": [[…], …] } gets the class of each row, or null: unknown. GET describes the classifier. */
import { OpenSetClassifier } from 'center-loss';
import { checkAccess } from './access.js';
import { serve } from './body.js';
import digits from './digits.safetensors';
import { HttpError } from './http.js';

/** @import { Body } from './body.js' */

/** A body may have this many bytes: some thousand numbers. */
const MAX_BYTES = 64 * 1024;
/** The worker looks this often for a new classifier in KV. */
const REFRESH_MS = 60_000;

// The bundled classifier is loaded at the start, so that a broken file can't be deployed.
let classifier = OpenSetClassifier.load(digits);
let refreshAt = 0;

/** Takes the classifier in KV, if a namespace is bound and holds one. @param {Env} env */
async function refresh({ CLASSIFIERS }) {
  if (!CLASSIFIERS || Date.now() < refreshAt) return;
  refreshAt = Date.now() + REFRESH_MS;
  const bytes = await CLASSIFIERS.get('classifier', 'arrayBuffer');
  if (bytes) classifier = OpenSetClassifier.load(bytes);
}

/** @param {Request} request @param {Env} env @param {Body} body */
async function answer(request, env, body) {
  await checkAccess(request, env);
  await refresh(env).catch(console.error); // the classifier before stays
  const { nDim, names } = classifier;
  if (request.method === 'GET') return Response.json({ nDim, names });
  if (request.method !== 'POST') {
    throw new HttpError(405, 'ERR_METHOD', `${request.method} is neither GET nor POST`, { allow: 'GET, POST' });
  }
  const rows = rowsOf(await body.read({ bytes: MAX_BYTES, ms: env.BODY_MS }));
  const found = classifier.classify(rows);
  return Response.json(found.names.map((name, i) => ({ name, score: found.scores[i] })));
}

/** @param {Uint8Array} body */
function rowsOf(body) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)).rows;
  } catch (error) {
    throw new HttpError(400, 'ERR_JSON', `the body is not { "rows": [[…], …] }: ${error}`);
  }
}

export default {
  /** @param {Request} request @param {Env} env @returns {Promise<Response>} */
  fetch: (request, env) => serve(request, (body) => answer(request, env, body)),
};
