// @ts-check
/** The trained centers, and what they say of embeddings. */
import { ClassCenters } from 'center-loss';
import model from './model.json' with { type: 'json' };

export const { nClasses, nDim, threshold } = model;

/** @type {ClassCenters | undefined} */
let centers;

/** Made at the first request, once for each isolate: importing costs nothing. */
function trainedCenters() {
  if (!centers) {
    centers = new ClassCenters(nClasses, nDim, { fixed: true });
    centers.params.set(model.params);
  }
  return centers;
}

/**
 * @typedef {object} Result
 * @property {number | null} class the nearest class; null if no distance is a finite float32
 * @property {number | null} distance the squared distance to its center
 * @property {boolean} known whether that is within the threshold
 */

/**
 * Nothing here waits, so that requests at the same time can't get each other's rows.
 * @param {Float32Array} embeddings [B, nDim] @returns {Result[]}
 */
export function classify(embeddings) {
  const trained = trainedCenters();
  const distances = trained.distances(embeddings);
  return Array.from(trained.predict(embeddings), (nearest, row) => {
    if (nearest < 0) return { class: null, distance: null, known: false };
    const distance = distances[row * nClasses + nearest] ?? Number.NaN;
    return { class: nearest, distance, known: distance <= threshold };
  });
}
