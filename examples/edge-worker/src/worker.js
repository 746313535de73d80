// @ts-check
/** POST { "rows": [[…], …] } gets the class of each row, or null: unknown. GET describes the classifier. */
import { OpenSetClassifier } from 'center-loss';
import digits from './digits.safetensors';

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

/** @param {Request} request */
async function answer(request) {
  const { nDim, names } = classifier;
  if (request.method === 'GET') return Response.json({ nDim, names });
  if (request.method !== 'POST') return failure(405, `${request.method} is neither GET nor POST`);
  // Without the header the size is not known before the whole body is in memory.
  const bytes = Number(request.headers.get('content-length'));
  if (!bytes) return failure(411, 'the request needs a content-length');
  if (bytes > MAX_BYTES) return failure(413, `the body has ${bytes} bytes; the limit is ${MAX_BYTES}`);
  let rows;
  try {
    ({ rows } = await request.json());
  } catch (error) {
    return failure(400, `the body is not { "rows": [[…], …] }: ${error}`);
  }
  const found = classifier.classify(rows);
  return Response.json(found.names.map((name, i) => ({ name, score: found.scores[i] })));
}

/** @param {number} status @param {string} message */
const failure = (status, message) => Response.json({ error: message }, { status });

export default {
  /** @param {Request} request @param {Env} env @returns {Promise<Response>} */
  async fetch(request, env) {
    try {
      await refresh(env).catch(console.error); // the classifier before stays
      return await answer(request);
    } catch (error) {
      const { code, message } = /** @type {{ code?: string, message: string }} */ (error);
      if (code === 'ERR_SHAPE') return failure(422, message); // says which value is wrong
      console.error(error);
      return failure(500, 'the worker failed; see its log');
    }
  },
};
