// @ts-check
/** Classifies embeddings by the trained centers. */
import { ClassCenters } from 'center-loss';
import { checkModel } from './model.js';
import json from './model.json' with { type: 'json' };

/** @typedef {import('./model.js').Model & { centers: ClassCenters }} Trained */

/** @type {Trained | undefined} */
let loaded;

/** Loads the model at the first request, once for each isolate: importing costs nothing. @returns {Trained} */
export function trained() {
  // A model that fails half-way is not kept for the next request.
  loaded ??= load();
  return loaded;
}

function load() {
  const model = checkModel(json);
  const centers = new ClassCenters(model.nClasses, model.nDim, { fixed: true });
  centers.params.set(model.params);
  return { ...model, centers };
}

/**
 * @typedef {object} Result
 * @property {number | null} class the nearest class; null if no distance is a finite float32
 * @property {number | null} distance the squared distance to its center
 * @property {boolean} known whether that is within the threshold
 */

/**
 * Nothing here waits, so that requests at the same time can't get each other's rows.
 * @param {Trained} model @param {Float32Array} embeddings [B, nDim] @returns {Result[]}
 */
export function classify({ centers, nClasses, threshold }, embeddings) {
  const distances = centers.distances(embeddings);
  return Array.from(centers.predict(embeddings), (nearest, row) => {
    if (nearest < 0) return { class: null, distance: null, known: false };
    const distance = distances[row * nClasses + nearest] ?? Number.NaN;
    return { class: nearest, distance, known: distance <= threshold };
  });
}
