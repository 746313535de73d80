// @ts-check
/** A trained model, checked before anything is answered by it. */

/**
 * @typedef {object} Model
 * @property {number} nClasses
 * @property {number} nDim
 * @property {number[]} params the centers [nClasses, nDim], row after row
 * @property {number} threshold the squared distance up to which an embedding is known
 */

/** @param {Model} model @returns {Model} the same one */
export function checkModel(model) {
  const { nClasses, nDim, params, threshold } = model;
  if (!Array.isArray(params) || params.length !== nClasses * nDim) {
    throw new Error(
      `model.json: params has ${params?.length} values, expected nClasses × nDim = ${nClasses} × ${nDim}`,
    );
  }
  const bad = params.findIndex((value) => typeof value !== 'number' || !Number.isFinite(Math.fround(value)));
  if (bad >= 0) throw new Error(`model.json: params[${bad}] is ${params[bad]}, not a finite float32`);
  if (!Number.isFinite(threshold) || threshold < 0) {
    throw new Error(`model.json: threshold is ${threshold}, expected a finite number from 0 up`);
  }
  return model;
}
