// @ts-check
/** Parses the path of a request. */
import { RequestError, shown } from './request-error.js';

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const SEQUENCE = /^(0|[1-9]\d{0,14})$/;

/**
 * @typedef {{ at: 'root' } | { at: 'status' | 'statistics', fit: string } | { at: 'progress', fit: string, producer: string }
 *   | { at: 'batch', fit: string, producer: string, sequence: number }} Route
 */

/** Method of each. @type {Record<Route['at'], string>} */
const METHODS = { root: 'GET', status: 'GET', statistics: 'GET', progress: 'GET', batch: 'POST' };

/** @param {{ method: string, url: string }} request @returns {Route} @throws RequestError 400, 404, 405 */
export function routeOf({ method, url }) {
  const { pathname } = new URL(url);
  const route = parsed(pathname);
  if (!route) throw new RequestError(404, 'ERR_NOT_FOUND', `there is nothing at ${shown(pathname)}`);
  const allow = METHODS[route.at];
  if (method !== allow) throw new RequestError(405, 'ERR_METHOD', `${method} is not ${allow}`, { allow });
  return route;
}

/** @param {string} pathname @returns {Route | undefined} */
function parsed(pathname) {
  if (pathname === '/') return { at: 'root' };
  const [, root, fit, what, producer, sequence, ...more] = pathname.split('/');
  if (root !== 'fits' || fit === undefined || more.length > 0) return undefined;
  checkName('fit', fit);
  if (what === undefined) return { at: 'status', fit };
  if (producer === undefined) return what === 'statistics' ? { at: 'statistics', fit } : undefined;
  if (what === 'producers' && sequence === undefined)
    return { at: 'progress', fit, producer: checkName('producer', producer) };
  if (what !== 'batches' || sequence === undefined) return undefined;
  if (!SEQUENCE.test(sequence)) {
    throw new RequestError(400, 'ERR_NAME', `the number of a batch is 0, 1, 2, …, got ${shown(sequence)}`);
  }
  return { at: 'batch', fit, producer: checkName('producer', producer), sequence: Number(sequence) };
}

/** @param {string} what @param {string} name */
function checkName(what, name) {
  if (NAME.test(name)) return name;
  throw new RequestError(400, 'ERR_NAME', `a ${what} is named by 1 to 64 of A–Z a–z 0–9 . _ -, got ${shown(name)}`);
}
