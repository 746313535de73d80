// @ts-check
/** A batch out of a request: B rows of float32, then B labels of int32, all little-endian. */
import { readBody } from './body.js';
import { LIMITS } from './limits.js';
import { RequestError, shown } from './request-error.js';

const BYTES = 4;
export const TYPE = 'application/octet-stream';

/** @param {string} message */
const misshapen = (message) => new RequestError(422, 'ERR_SHAPE', message);

/** @param {Request} request @param {number} nDim */
export async function readBatch(request, nDim) {
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== TYPE) {
    throw new RequestError(415, 'ERR_TYPE', `the content type must be ${TYPE}, got ${type ? shown(type) : 'none'}`);
  }
  return parseBatch(await readBody(request), nDim);
}

/**
 * @param {Uint8Array<ArrayBuffer>} body that starts where its buffer does @param {number} nDim
 * @returns {{ x: Float32Array, target: Int32Array }} views of the body: all machines with workerd are little-endian
 */
export function parseBatch(body, nDim) {
  const rowBytes = BYTES * (nDim + 1);
  if (body.length === 0) throw misshapen('there is no row in the body');
  if (body.length % rowBytes !== 0) {
    throw misshapen(`${body.length} bytes are not a multiple of ${rowBytes}, a row of ${nDim} float32 and its label`);
  }
  const rows = body.length / rowBytes;
  if (rows > LIMITS.rows) throw misshapen(`${rows} rows, but a batch may have ${LIMITS.rows}`);
  const values = rows * nDim;
  return { x: new Float32Array(body.buffer, 0, values), target: new Int32Array(body.buffer, BYTES * values, rows) };
}
