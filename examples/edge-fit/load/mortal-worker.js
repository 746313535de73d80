// @ts-check
/** The worker, but one that dies where a header tells it to: it does nothing more and never replies. */
import worker from '../src/worker.js';

/** @import { DurableObjectNamespace } from 'cloudflare:workers' */
/** @import { FitObject } from '../src/fit-object.js' */
/** @import { Env } from '../src/worker.js' */

export { FitObject } from '../src/worker.js';

/** Value 'before' or 'after': the merge of the batch. */
const DEATH_HEADER = 'x-dies';

export default {
  /** @param {Request} request @param {Env} env */
  fetch(request, env) {
    const death = request.headers.get(DEATH_HEADER);
    return worker.fetch(request, death === null ? env : { ...env, FITS: deadly(env.FITS, death) });
  },
};

/** @param {DurableObjectNamespace<FitObject>} fits @param {string} death @returns {DurableObjectNamespace<FitObject>} */
function deadly(fits, death) {
  const dead = () => /** @type {Promise<never>} */ (new Promise(() => {}));
  return {
    idFromName: (name) => fits.idFromName(name),
    get(id) {
      const object = fits.get(id);
      return {
        progress: (producer) => object.progress(producer),
        status: () => object.status(),
        statistics: (known) => object.statistics(known),
        async merge(producer, sequence, file) {
          if (death === 'before') return dead();
          await object.merge(producer, sequence, file);
          return dead();
        },
      };
    },
  };
}
