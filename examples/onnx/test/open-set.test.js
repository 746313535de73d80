// @ts-check
// A real session of ONNX Runtime Web: its Float32Arrays and BigInt64Arrays need no conversion.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CenterLoss, OpenSetClassifier } from 'center-loss';
import * as ort from 'onnxruntime-web';
import { constant, FLOAT, INT64, model, node } from '../../../bench/onnx.js';
import { decide, fit } from '../src/open-set.js';

ort.env.wasm.numThreads = 1;
const [ROWS, PIXELS, DIM, CLASSES] = [90, 12, 8, 3];

/** Noise that is the same in every run. @param {number} i */
const noise = (i) => Math.sin(12.9898 * i) * 0.5;
/** Images of classes 0 … 2, each bright in pixels of its own. */
const images = Float32Array.from({ length: ROWS * PIXELS }, (_, i) => {
  const [row, pixel] = [Math.floor(i / PIXELS), i % PIXELS];
  return (pixel % CLASSES === row % CLASSES ? 3 : 0) + noise(i);
});
/** The class of the last nine rows is unknown. */
const labels = BigInt64Array.from({ length: ROWS }, (_, row) => (row < ROWS - 9 ? BigInt(row % CLASSES) : -1n));
const weights = Float32Array.from({ length: PIXELS * DIM }, (_, i) => Math.sin(i * i));

const session = await ort.InferenceSession.create(
  model('network', {
    body: [
      constant('weights', weights, [PIXELS, DIM]),
      node(['image', 'weights'], 'projected', 'MatMul'),
      node(['projected'], 'embedding', 'Relu'),
      node(['class'], 'label', 'Identity'),
    ],
    inputs: [
      { name: 'image', type: FLOAT, shape: [ROWS, PIXELS] },
      { name: 'class', type: INT64, shape: [ROWS] },
    ],
    outputs: [
      { name: 'embedding', type: FLOAT, shape: [ROWS, DIM] },
      { name: 'label', type: INT64, shape: [ROWS] },
    ],
  }),
);
after(() => session.release());
/** @param {Float32Array} image */
const feeds = (image) => ({
  image: new ort.Tensor('float32', image, [ROWS, PIXELS]),
  class: new ort.Tensor('int64', labels, [ROWS]),
});

test('known inputs get their class, inputs unlike any example none', async () => {
  const classifier = await fit(session, feeds(images), CLASSES);
  const known = await decide(session, classifier, feeds(images));
  const right = known.labels.filter((label, row) => label === row % CLASSES).length;
  assert.ok(right >= 0.9 * ROWS, `${right} of ${ROWS}`);
  assert.ok(known.labels.every((label, row) => label === row % CLASSES || label === -1));
  const inverted = images.map((value) => 6 - 4 * value);
  const unknown = await decide(session, classifier, feeds(inverted));
  assert.ok(
    unknown.labels.every((label) => label === -1),
    String(unknown.labels),
  );
  classifier.dispose();
});

test('a classifier out of a file decides the same', async () => {
  const classifier = await fit(session, feeds(images), CLASSES);
  const loaded = OpenSetClassifier.load(classifier.save());
  assert.deepEqual(await decide(session, loaded, feeds(images)), await decide(session, classifier, feeds(images)));
  classifier.dispose();
  loaded.dispose();
});

test('a class without examples is not taken for one of all zeros', async () => {
  const classifier = await fit(session, feeds(images), CLASSES + 1);
  const dark = await decide(session, classifier, feeds(new Float32Array(ROWS * PIXELS)));
  assert.ok(!dark.labels.includes(CLASSES), String(dark.labels));
  assert.ok(!dark.nearest.includes(CLASSES), String(dark.nearest));
  classifier.dispose();
});

test('the labels train, too', async () => {
  const { embedding, label } = await session.run(feeds(images));
  assert.ok(embedding?.data instanceof Float32Array && label?.data instanceof BigInt64Array);
  const loss = new CenterLoss(CLASSES, DIM, { seed: 1 });
  const before = loss.evaluate(embedding.data, label.data);
  for (let i = 0; i < 20; i++) loss.step(embedding.data, label.data);
  assert.ok(loss.evaluate(embedding.data, label.data) < before / 2);
  loss.dispose();
});
