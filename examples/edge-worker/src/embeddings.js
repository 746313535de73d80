// @ts-check
/** Embeddings out of a request: rows of finite float32 numbers, one after the other. */
import { readBody } from './body.js';
import { LIMITS } from './limits.js';
import { RequestError, shown } from './request-error.js';

const FLOAT_BYTES = 4;

/** @param {number} status @param {string} code @param {string} message */
const refused = (status, code, message) => new RequestError(status, code, message);

/** @param {Request} request @param {number} nDim @returns {Promise<Float32Array>} */
export async function readEmbeddings(request, nDim) {
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const parse = PARSERS.get(type ?? '');
  if (!parse) {
    const known = [...PARSERS.keys()].join(' or ');
    throw refused(415, 'ERR_TYPE', `the content type must be ${known}, got ${type ? shown(type) : 'none'}`);
  }
  const values = parse(await readBody(request), nDim);
  if (values.length === 0) throw refused(422, 'ERR_SHAPE', 'there is no embedding in the body');
  if (values.length > LIMITS.rows * nDim) {
    throw refused(422, 'ERR_SHAPE', `${values.length / nDim} embeddings, but a request may have ${LIMITS.rows}`);
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return values;
  const place = `embedding ${Math.floor(bad / nDim)}, value ${bad % nDim}`;
  throw refused(422, 'ERR_SHAPE', `${place} is ${values[bad]}, not a finite float32`);
}

/** @type {Map<string, (body: Uint8Array<ArrayBuffer>, nDim: number) => Float32Array>} */
const PARSERS = new Map([
  ['application/json', fromJson],
  ['application/octet-stream', fromFloats],
]);

/** @param {Uint8Array<ArrayBuffer>} body @param {number} nDim */
function fromFloats(body, nDim) {
  const rowBytes = FLOAT_BYTES * nDim;
  if (body.length % rowBytes !== 0) {
    throw refused(
      422,
      'ERR_SHAPE',
      `${body.length} bytes are not a multiple of ${rowBytes}, an embedding of ${nDim} float32`,
    );
  }
  // Little-endian, whatever the machine is.
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return Float32Array.from({ length: body.length / FLOAT_BYTES }, (_, i) => view.getFloat32(FLOAT_BYTES * i, true));
}

/** @param {Uint8Array<ArrayBuffer>} body @param {number} nDim */
function fromJson(body, nDim) {
  const rows = rowsOf(parsed(body));
  rows.forEach((row, index) => {
    if (!Array.isArray(row)) throw refused(422, 'ERR_SHAPE', `embedding ${index} must be an array of numbers`);
    if (row.length !== nDim) {
      throw refused(422, 'ERR_SHAPE', `embedding ${index} has ${row.length} values, but nDim is ${nDim}`);
    }
    const place = row.findIndex((value) => typeof value !== 'number');
    if (place >= 0) {
      throw refused(422, 'ERR_SHAPE', `embedding ${index}, value ${place} is ${shown(row[place])}, not a number`);
    }
  });
  return new Float32Array(/** @type {number[][]} */ (rows).flat());
}

/** @param {unknown} value @returns {unknown[]} */
function rowsOf(value) {
  if (typeof value === 'object' && value !== null) {
    const { embedding, embeddings } = /** @type {Record<string, unknown>} */ (value);
    if (embedding !== undefined && embeddings === undefined) return [embedding];
    if (Array.isArray(embeddings) && embedding === undefined) return embeddings;
  }
  throw refused(422, 'ERR_SHAPE', 'the body must be {"embedding": […]} or {"embeddings": [[…], …]}');
}

/** @param {Uint8Array<ArrayBuffer>} body @returns {unknown} */
function parsed(body) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body));
  } catch (error) {
    throw refused(400, 'ERR_JSON', `the body is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}
