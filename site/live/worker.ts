/// <reference lib="webworker" />
// Trains in the background, and sends the page what to draw.
import { OpenSetClassifier } from 'center-loss';
import { CLASSES, loadDigits, type Parts, PIXELS } from './digits.js';
import { Plane } from './map.js';
import type { FromWorker, Settings, ToWorker } from './messages.js';
import { startBackend, Training } from './network.js';

/** Share of the time that goes into looking at the test digits. */
const SHARE_OF_LOOKING = 0.2;
/** The page glides between two pictures, so that a few of them a second are enough. */
const MIN_PAUSE = 200;

let settings: Settings;
let parts: Parts;
let training: Training | undefined;
let view: { classifier: OpenSetClassifier; plane: Plane } | undefined;
let running = false;
let turn = 0;
let ready: Promise<void> | undefined;

const send = (message: FromWorker) => postMessage(message);

async function prepare(url: string) {
  [parts] = await Promise.all([loadDigits(url, (share) => send({ type: 'loading', share })), startBackend()]);
}

/** Fits the threshold on the held-out digits, and sends where the test digits are. */
function look(of: Training) {
  const heldOut = of.features(parts.heldOut.pixels);
  const centers = of.centers();
  const classifier = new OpenSetClassifier(centers, { metric: 'euclidean' });
  classifier.fit(heldOut, parts.heldOut.labels, { tpr: settings.accepted });
  const features = of.features(parts.test.pixels);
  const { nearest } = classifier.classify(features);
  const plane = new Plane(centers.toArray(), CLASSES);
  view?.classifier.dispose();
  view = { classifier, plane };
  const { labels } = parts.test;
  const points = plane.points(features, nearest);
  const right = nearest.reduce((count, center, row) => count + Number(center === labels[row]), 0);
  send({
    type: 'frame',
    frame: {
      points,
      labels,
      centers: plane.places,
      radius: plane.scale * Number(classifier.threshold),
      steps: of.steps,
      ...of.losses,
      accuracy: right / labels.length,
      time: { ...of.time },
    },
  });
}

/** Trains until it is stopped. Between steps it hears what the page says. */
async function train(of: Training) {
  const mine = ++turn;
  let next = performance.now() + MIN_PAUSE;
  while (running && mine === turn) {
    of.step();
    const now = performance.now();
    if (now >= next) {
      look(of);
      const spent = performance.now() - now;
      next = performance.now() + Math.max(MIN_PAUSE, spent * (1 / SHARE_OF_LOOKING - 1));
    }
    await hear();
  }
}

/** Lets messages in; a channel has no shortest delay, as a timer has. */
const channel = new MessageChannel();
const hear = () =>
  new Promise<void>((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });

function classify(pixels: Uint8Array) {
  if (!training || !view) return;
  const features = training.features(pixels);
  const { label, score, threshold } = view.classifier.decide(features);
  const { nearest } = view.classifier.classify(features);
  const [x = 0, y = 0] = view.plane.points(features, nearest);
  send({
    type: 'verdict',
    verdict: { label, nearest: Number(nearest[0]), score, threshold: Number(threshold), point: [x, y] },
  });
}

async function answer(message: ToWorker) {
  if (message.type === 'start') {
    settings = message.settings;
    ready ??= prepare(message.digits);
    await ready;
    training?.dispose();
    training = new Training(settings, parts.train);
    look(training);
    running = true;
    await train(training);
    return;
  }
  if (!training) return;
  if (message.type === 'change') {
    Object.assign(settings, message.settings);
    look(training);
  } else if (message.type === 'pause') {
    running = false;
    look(training);
  } else if (message.type === 'run') {
    running = true;
    await train(training);
  } else if (message.type === 'step') {
    training.step();
    look(training);
  } else if (message.type === 'example') {
    const { pixels, labels } = parts.test;
    const start = (message.digit % labels.length) * PIXELS;
    send({ type: 'digit', picture: pixels.slice(start, start + PIXELS) });
  } else {
    classify(message.picture);
  }
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  answer(data).catch((error: unknown) => {
    running = false;
    send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
});
