// @ts-check
/** Folds each batch into statistics, and passes these and all other requests on to the object of their fit. */
import { ClassStatistics } from 'center-loss';
import { checkAccess } from '../../edge-worker/src/access.js';
import { serve } from '../../edge-worker/src/body.js';
import { HttpError, quoted } from '../../edge-worker/src/http.js';
import { LIMITS } from './limits.js';
import { WINDOW } from './sequences.js';

/** @import { DurableObjectNamespace } from 'cloudflare:workers' */
/** @import { Body } from '../../edge-worker/src/body.js' */
/** @import { FitObject } from './fit-object.js' */
/** @typedef {Env & { FITS: DurableObjectNamespace<FitObject>, N_CLASSES: number, N_DIM: number }} FitEnv */

export { FitObject } from './fit-object.js';

const TYPE = 'application/octet-stream';
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const NUMBER = /^(0|[1-9]\d{0,14})$/;

export default {
  /** @param {Request} request @param {FitEnv} env @returns {Promise<Response>} */
  fetch: (request, env) => serve(request, (body) => respond(request, env, body)),
};

/** @typedef {{ request: Request, env: FitEnv, body: Body }} Call */

/**
 * Method and path of each route, and the call of the object that answers it.
 * @type {[string, RegExp, (fit: FitObject, call: Call, producer: string, number: string) => Promise<Response>][]}
 */
const ROUTES = [
  ['GET', /^\/fits\/([^/]*)$/, (fit) => fit.status()],
  ['GET', /^\/fits\/([^/]*)\/statistics$/, (fit, { request }) => fit.statistics(request.headers.get('if-none-match'))],
  ['GET', /^\/fits\/([^/]*)\/producers\/([^/]*)$/, (fit, _call, producer) => fit.progress(producer)],
  ['POST', /^\/fits\/([^/]*)\/batches\/([^/]*)\/([^/]*)$/, merge],
];

/** @param {Request} request @param {FitEnv} env @param {Body} body */
async function respond(request, env, body) {
  await checkAccess(request, env);
  const { pathname } = new URL(request.url);
  if (pathname === '/') {
    checkMethod(request, 'GET');
    return Response.json({ ...shapeOf(env), limits: { ...LIMITS, window: WINDOW } });
  }
  for (const [method, path, answer] of ROUTES) {
    const parts = path.exec(pathname)?.slice(1);
    if (!parts) continue;
    checkMethod(request, method);
    const [fit = '', producer = '', number = ''] = parts;
    const wrong = parts.slice(0, 2).find((name) => !NAME.test(name));
    if (wrong !== undefined) {
      const rule = 'the name of a fit or producer has 1 to 64 characters of A–Z a–z 0–9 . _ -';
      throw new HttpError(400, 'ERR_NAME', `${rule}, got ${quoted(wrong)}`);
    }
    return await answer(env.FITS.getByName(fit), { request, env, body }, producer, number);
  }
  throw new HttpError(404, 'ERR_NOT_FOUND', `there is nothing at ${quoted(pathname)}`);
}

/** @param {Request} request @param {string} allow */
function checkMethod({ method }, allow) {
  if (method !== allow) throw new HttpError(405, 'ERR_METHOD', `${method} is not ${allow}`, { allow });
}

/** @param {FitObject} fit @param {Call} call @param {string} producer @param {string} number */
async function merge(fit, { request, env, body }, producer, number) {
  if (!NUMBER.test(number)) {
    throw new HttpError(400, 'ERR_NAME', `the number of a batch is 0, 1, 2, …, got ${quoted(number)}`);
  }
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type !== TYPE) throw new HttpError(415, 'ERR_TYPE', `the content type must be ${TYPE}, got ${quoted(type)}`);
  const { nClasses, nDim } = shapeOf(env);
  const { x, target } = parseBatch(await body.read({ bytes: LIMITS.bytes, ms: env.BODY_MS }), nDim);
  using statistics = new ClassStatistics(nClasses, nDim);
  statistics.add(x, target);
  return fit.merge(producer, Number(number), statistics.save());
}

/**
 * @param {Uint8Array<ArrayBuffer>} body B rows of float32, then B labels of int32, all little-endian
 * @param {number} nDim @returns views of the body: all machines with workerd are little-endian
 */
function parseBatch({ buffer, length }, nDim) {
  const rowBytes = 4 * (nDim + 1);
  const rows = length / rowBytes;
  /** @param {string} message */
  const misshapen = (message) => new HttpError(422, 'ERR_SHAPE', message);
  if (rows === 0) throw misshapen('there is no row in the body');
  if (!Number.isInteger(rows)) {
    throw misshapen(`${length} bytes are not a multiple of ${rowBytes}, a row of ${nDim} float32 and its label`);
  }
  if (rows > LIMITS.rows) throw misshapen(`the batch has ${rows} rows; the limit is ${LIMITS.rows}`);
  return { x: new Float32Array(buffer, 0, rows * nDim), target: new Int32Array(buffer, 4 * rows * nDim, rows) };
}

/** @param {FitEnv} env @throws Error for a wrong configuration */
function shapeOf({ N_CLASSES: nClasses, N_DIM: nDim }) {
  for (const size of [nClasses, nDim]) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new Error(`N_CLASSES and N_DIM must be positive integers, got ${nClasses} and ${nDim}`);
    }
  }
  // Each class has a count, and a mean and a sum of squares for each dimension, all in float64.
  const bytes = 8 * nClasses * (1 + 2 * nDim);
  if (bytes <= LIMITS.totalsBytes) return { nClasses, nDim };
  const size = `${nClasses} classes of ${nDim} dimensions take ${bytes} bytes`;
  throw new Error(`${size}; the limit of a fit is ${LIMITS.totalsBytes}: divide the classes among fits`);
}
