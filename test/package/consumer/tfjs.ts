import * as tf from '@tensorflow/tfjs-core';
import { CenterLoss } from 'center-loss';
import { centerLossTerm } from 'center-loss/tfjs';

export const term: (x: tf.Tensor2D, target: Int32Array) => tf.Scalar = centerLossTerm(tf, new CenterLoss(3, 2));
