// A model whose features have a center loss, trained by model.fit.
import * as tf from '@tensorflow/tfjs';
import { CenterLoss, OpenSetClassifier } from 'center-loss';
import { centerLossTerm } from 'center-loss/tfjs';

const [nClasses, nDim, count] = [2, 4, 128];
const labels = Array.from({ length: count }, (_, i) => i % nClasses);
const y = tf.tensor1d(labels);
const patterns = tf.tensor2d([1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1], [nClasses, 6]);
const images = (seed) => patterns.gather(y.toInt()).add(tf.randomNormal([count, 6], 0, 0.1, 'float32', seed));

const input = tf.input({ shape: [6] });
const features = tf.layers.dense({ units: nDim, name: 'features' }).apply(input);
const logits = tf.layers.dense({ units: nClasses, activation: 'softmax', name: 'logits' }).apply(features);
// Keras checks that labels have the shape of the output; with an open shape it takes one label for each row.
const open = tf.layers.reshape({ targetShape: [-1] }).apply(features);
const model = tf.model({ inputs: input, outputs: [open, logits] });

const loss = new CenterLoss(nClasses, nDim, { reduction: 'batch', seed: 1, names: ['cat', 'dog'] });
const term = centerLossTerm(tf, loss, { step: true });
const centerLoss = (yTrue, yPred) => term(yPred, yTrue).mul(0.1);
model.compile({ optimizer: tf.train.adam(0.02), loss: [centerLoss, 'sparseCategoricalCrossentropy'] });
await model.fit(images(1), [y, y], { epochs: 10, verbose: 0 });

const rowsOf = (x) => model.predict(x)[0].dataSync();
const classifier = new OpenSetClassifier(loss).fit(rowsOf(images(2)), labels);
const known = classifier.decide(rowsOf(patterns).slice(0, nDim)).name;
const unknown = classifier.decide(rowsOf(tf.fill([1, 6], 9))).name;
console.log(JSON.stringify([known, unknown]));
