// @ts-check
// A session of ONNX Runtime Web runs network.onnx; its Float32Arrays and BigInt64Arrays need no conversion.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { CenterLoss, OpenSetClassifier } from 'center-loss';
import * as ort from 'onnxruntime-web';
import { decide, fit } from '../src/open-set.js';

ort.env.wasm.numThreads = 1;
const [ROWS, PIXELS, DIM, CLASSES] = [90, 12, 8, 3];

/** Images of classes 0 … 2: each class is bright in other pixels, and the noise is the same in every run. */
const images = Float32Array.from({ length: ROWS * PIXELS }, (_, i) => {
  const [row, pixel] = [Math.floor(i / PIXELS), i % PIXELS];
  return (pixel % CLASSES === row % CLASSES ? 3 : 0) + Math.sin(12.9898 * i) * 0.5;
});
/** The class of the last nine rows is unknown. */
const labels = BigInt64Array.from({ length: ROWS }, (_, row) => (row < ROWS - 9 ? BigInt(row % CLASSES) : -1n));

const session = await ort.InferenceSession.create(readFileSync(new URL('./network.onnx', import.meta.url)));
after(() => session.release());
/** @param {Float32Array} image */
const feeds = (image) => ({
  image: new ort.Tensor('float32', image, [ROWS, PIXELS]),
  class: new ort.Tensor('int64', labels, [ROWS]),
});

test('known inputs get their class, and inputs unlike any example get none', async () => {
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

test('a loaded classifier decides the same', async () => {
  const classifier = await fit(session, feeds(images), CLASSES);
  const loaded = OpenSetClassifier.load(classifier.save());
  assert.deepEqual(await decide(session, loaded, feeds(images)), await decide(session, classifier, feeds(images)));
  classifier.dispose();
  loaded.dispose();
});

test('no row is nearest to a class without examples', async () => {
  const classifier = await fit(session, feeds(images), CLASSES + 1);
  const dark = await decide(session, classifier, feeds(new Float32Array(ROWS * PIXELS)));
  assert.ok(!dark.labels.includes(CLASSES), String(dark.labels));
  assert.ok(!dark.nearest.includes(CLASSES), String(dark.nearest));
  classifier.dispose();
});

test('a loss trains on the outputs', async () => {
  const { embedding, label } = await session.run(feeds(images));
  assert.ok(embedding?.data instanceof Float32Array && label?.data instanceof BigInt64Array);
  const loss = new CenterLoss(CLASSES, DIM, { seed: 1 });
  const before = loss.evaluate(embedding.data, label.data);
  for (let i = 0; i < 20; i++) loss.step(embedding.data, label.data);
  assert.ok(loss.evaluate(embedding.data, label.data) < before / 2);
  loss.dispose();
});
