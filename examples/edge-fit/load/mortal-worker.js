// @ts-check
/** The worker, but one that dies where a header says so: it does nothing more and never replies. */
import worker from '../src/worker.js';

/** @import { FitObject } from '../src/fit-object.js' */
/** @import { FitEnv } from '../src/worker.js' */

export { FitObject } from '../src/worker.js';

export default {
  /** @param {Request} request @param {FitEnv} env */
  fetch(request, env) {
    const death = request.headers.get('x-dies');
    if (death === null) return worker.fetch(request, env);
    /** @type {any} The worker calls only `merge` for a batch. */
    const FITS = {
      getByName: (/** @type {string} */ fit) => ({
        async merge(/** @type {Parameters<FitObject['merge']>} */ ...batch) {
          if (death === 'after the merge') await env.FITS.getByName(fit).merge(...batch);
          return new Promise(() => {});
        },
      }),
    };
    return worker.fetch(request, { ...env, FITS });
  },
};
