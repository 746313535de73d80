import * as tf from '@tensorflow/tfjs-core';
import { CACLoss, CenterLoss } from 'center-loss';
import { type CenterLossTerm, centerLossTerm, type TermOptions } from 'center-loss/tfjs';

const options: TermOptions = { step: { rule: 'ema', momentum: 0.9 } };
export const term: CenterLossTerm<tf.Scalar> = centerLossTerm(tf, new CenterLoss(3, 2), options);
export const ofRows: (x: tf.Tensor2D, target: Int32Array) => tf.Scalar = term;
/** Loss of an output, as `model.compile` of TensorFlow.js takes it. */
export const ofOutput: (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor = (y, x) => tf.mul(term(x, y), 0.1);
export const others = [centerLossTerm(tf, new CACLoss(3, 2), { step: true }), centerLossTerm(tf, new CenterLoss(3, 2))];
