// @ts-check
/** POST / classifies embeddings, GET / describes the model. */
import { OpenSetClassifier } from 'center-loss';
import { failure, HttpError, LIMITS, readBody, shown } from './http.js';
import model from './model.json' with { type: 'json' };

/** The model is loaded at the start, so a broken one can't be deployed. */
const classifier = OpenSetClassifier.fromJSON(model);
const { nClasses, nDim, threshold } = classifier;

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
  if (pathname !== '/') throw new HttpError(404, 'ERR_NOT_FOUND', `there is nothing at ${shown(pathname)}`);
  switch (request.method) {
    case 'GET':
      return { nClasses, nDim, threshold, limits: LIMITS };
    case 'POST':
      return { results: classify(await readEmbeddings(request)) };
    default:
      throw new HttpError(405, 'ERR_METHOD', `${request.method} is neither GET nor POST`, { allow: 'GET, POST' });
  }
}

/** @param {number[]} embeddings [B, nDim], row after row */
function classify(embeddings) {
  const { nearest, scores, labels } = classifier.classify(embeddings);
  return Array.from(nearest, (label, row) =>
    // No distance of this row is a finite float32.
    label < 0
      ? { class: null, distance: null, known: false }
      : { class: label, distance: scores[row], known: labels[row] === label },
  );
}

/** @param {string} message */
const misshapen = (message) => new HttpError(422, 'ERR_SHAPE', message);

/** @param {Request} request @returns {Promise<number[]>} finite float32 values, row after row */
async function readEmbeddings(request) {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const parse = PARSERS.get(type);
  if (!parse) {
    const known = [...PARSERS.keys()].join(' or ');
    throw new HttpError(415, 'ERR_TYPE', `the content type must be ${known}, got ${shown(type)}`);
  }
  const values = parse(await readBody(request));
  const rows = values.length / nDim;
  if (rows === 0) throw misshapen('there is no embedding in the body');
  if (rows > LIMITS.rows) throw misshapen(`the body has ${rows} embeddings; the limit is ${LIMITS.rows}`);
  return values.map((value, i) => {
    if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return value;
    const place = `embedding ${Math.floor(i / nDim)}, value ${i % nDim}`;
    throw misshapen(`${place} is ${shown(value)}, not a finite float32`);
  });
}

/** Parsers by content type. Each returns whole rows of values, which may be of any type. */
const PARSERS = new Map([
  ['application/json', parseJson],
  ['application/octet-stream', parseFloats],
]);

/** @param {Uint8Array<ArrayBuffer>} body @returns {unknown[]} */
function parseJson(body) {
  let json;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body));
  } catch (error) {
    throw new HttpError(400, 'ERR_JSON', `the body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const { embedding, embeddings } = Object(json);
  const rows = embeddings ?? [embedding];
  if (!Array.isArray(rows) || (embedding === undefined) === (embeddings === undefined)) {
    throw misshapen('the body must be {"embedding": […]} or {"embeddings": [[…], …]}');
  }
  rows.forEach((row, index) => {
    if (Array.isArray(row) && row.length === nDim) return;
    const got = Array.isArray(row) ? `an array of ${row.length}` : shown(row);
    throw misshapen(`embedding ${index} must be an array of ${nDim} numbers, got ${got}`);
  });
  return rows.flat();
}

/** @param {Uint8Array<ArrayBuffer>} body @returns {unknown[]} */
function parseFloats(body) {
  const rowBytes = 4 * nDim;
  if (body.length % rowBytes !== 0) {
    throw misshapen(`${body.length} bytes are not a multiple of ${rowBytes}, an embedding of ${nDim} float32`);
  }
  // All machines with workerd are little-endian, as the body is.
  return [...new Float32Array(body.buffer)];
}
