// @ts-check
/** Classes of a network's outputs: ONNX Runtime runs the network, and center-loss takes its outputs without conversion. */
import { ClassCenters, OpenSetClassifier } from 'center-loss';

/** @import { InferenceSession, Tensor } from 'onnxruntime-web' */

/**
 * Fits a classifier of the network's embeddings: the center of a class is the mean of its examples, and an embedding that
 * lies farther from all centers than 95 % of the examples from theirs is unknown.
 * @param {InferenceSession} session of a model with the outputs `embedding`, float32 [N, D], and `label`, int64 [N]
 * @param {Record<string, Tensor>} examples its inputs
 * @param {number} nClasses
 */
export async function fit(session, examples, nClasses) {
  const { embedding, label } = await session.run(examples);
  const x = /** @type {Tensor} */ (embedding);
  const target = /** @type {BigInt64Array} */ (label?.data); // labels below 0 are unknown
  const centers = ClassCenters.fit(x, target, { nClasses }); // no row is nearest to a class without examples
  const classifier = new OpenSetClassifier(centers, { score: 'distance' });
  centers.dispose();
  classifier.fit(x, target, { tpr: 0.95 });
  return classifier;
}

/**
 * Gives the class of each row, −1 for unknown.
 * @param {InferenceSession} session
 * @param {OpenSetClassifier} classifier
 * @param {Record<string, Tensor>} inputs
 */
export async function decide(session, classifier, inputs) {
  const { embedding } = await session.run(inputs, ['embedding']);
  return classifier.classify(/** @type {Tensor} */ (embedding));
}
