// @ts-check
/** Folds batches, passes their statistics on to the object of their fit, and serves the object's statistics. */
import { readBatch, TYPE } from './batch.js';
import { etagsOf } from './etags.js';
import { failure } from './failure.js';
import { fold } from './fold.js';
import { LIMITS } from './limits.js';
import { RequestError } from './request-error.js';
import { routeOf } from './route.js';
import { WINDOW } from './sequences.js';
import { shapeOf } from './shape.js';

/** @import { DurableObjectNamespace } from 'cloudflare:workers' */
/** @import { Answer, FitObject } from './fit-object.js' */
/** @typedef {{ FITS: DurableObjectNamespace<FitObject>, N_CLASSES: number, N_DIM: number }} Env */

export { FitObject } from './fit-object.js';

export default {
  /** @param {Request} request @param {Env} env @returns {Promise<Response>} */
  async fetch(request, env) {
    try {
      return await respond(request, env);
    } catch (error) {
      return failure(error);
    }
  },
};

/** @param {Request} request @param {Env} env */
async function respond(request, env) {
  const route = routeOf(request);
  const shape = shapeOf(env);
  if (route.at === 'root') return Response.json({ ...shape, limits: { ...LIMITS, window: WINDOW } });
  const object = env.FITS.get(env.FITS.idFromName(route.fit));
  switch (route.at) {
    case 'batch': {
      const { file, rows, rejected } = fold(await readBatch(request, shape.nDim), shape);
      const merge = valueIn(await object.merge(route.producer, route.sequence, file));
      return Response.json({ ...merge, rows, rejected, folded: file.length });
    }
    case 'statistics': {
      const { etag, file } = valueIn(await object.statistics(etagsOf(request.headers.get('if-none-match'))));
      // A reader may keep the file, but asks each time whether there is another.
      const headers = { etag, 'cache-control': 'no-cache' };
      if (file === null) return new Response(null, { status: 304, headers });
      return new Response(file, { headers: { ...headers, 'content-type': TYPE } });
    }
    case 'status':
      return Response.json(valueIn(await object.status()));
    case 'progress':
      return Response.json(await object.progress(route.producer));
  }
}

/** @template Value @param {Answer<Value>} answer @returns {Value} */
function valueIn(answer) {
  if ('value' in answer) return answer.value;
  const { status, code, message } = answer.refused;
  throw new RequestError(status, code, message);
}
