// @ts-check
/**
 * Known or unknown: networks learn six of the ten digits, then see all ten. Which training and which score tell a digit
 * that the network knows from one that it has never seen?
 */

import { deviation, flatRollup, mean } from 'd3-array';
import { ALIGNED, histograms, plane, rocCurves } from './charts.js';
import { CLASSES, select, shuffled } from './data.js';
import { ALPHA, CAC, classMeans, LAMBDA, METHOD_NAMES, objective } from './losses.js';
import { movingPicture } from './moving.js';
import { infer, Network, SETTINGS, stepsOf, train } from './network.js';
import { percent } from './report.js';
import { evaluate, fitClassifier, SCORES, TPR } from './scores.js';

/** @import { Digits } from './data.js' */
/** @import { Method } from './losses.js' */
/** @import { Colors } from '../../scripts/charts/theme.js' */
/** @import { Experiment } from './main.js' */
/** @import { Outputs, TrainingOptions } from './network.js' */
/** @import { Evaluation, Trained } from './scores.js' */

/**
 * Known digits of each trial: the five splits that Miller et al. publish with their code
 * (github.com/dimitymiller/cac-openset, datasets/MNIST/class_splits). The other four digits of a trial are unknown.
 */
export const SPLITS = [
  [0, 1, 2, 4, 5, 9],
  [0, 3, 5, 7, 8, 9],
  [0, 1, 5, 6, 7, 8],
  [3, 4, 5, 7, 8, 9],
  [0, 1, 2, 3, 7, 8],
];
const KNOWN = 6;

/** Share of the known training digits that is held out of the training, to fit thresholds. */
const VALIDATION_SHARE = 0.2;

/** Features of the networks that are compared, and of those that are drawn. */
const FEATURES = 64;
const PLANE = 2;

/** Digits of each kind in the picture of the plane, and in the moving one. */
const POINTS = 1500;
const MOVING_POINTS = { known: 300, unknown: 100 };

/** Moments of a training at which the features of the moving digits are taken. */
const FRAMES = 16;

/** @type {Method[]} */
const DRAWN_IN_PLANE = ['softmax', 'center'];

/** Scores in the histograms, and in the curves with the best one last. @type {[Method, string][]} */
const HISTOGRAMS = [
  ['softmax', '1 − max softmax'],
  ['center', 'distance'],
  ['cac', 'cac'],
];
/** @type {[Method, string][]} */
const CURVES = [['softmax', 'distance'], ...HISTOGRAMS];

/** @type {{ key: keyof Evaluation, title: string }[]} */
const COLUMNS = [
  { key: 'auroc', title: 'AUROC' },
  { key: 'fpr95', title: 'FPR95' },
  { key: 'oscr', title: 'OSCR' },
  { key: 'accuracy', title: 'closed accuracy' },
  { key: 'accepted', title: 'known accepted' },
  { key: 'refused', title: 'unknown refused' },
];

/**
 * @typedef {object} Job one training
 * @property {number} split index into SPLITS
 * @property {Method} method
 * @property {number} nDim
 */

/** @typedef {{ split: number, method: Method, score: string, evaluation: Evaluation }} Trial */

/** @typedef {Trained & { frames: Float32Array[] }} Drawn  with the features of some known digits over the training */

/** @type {Experiment} */
export const openSet = {
  defaults: { epochs: 5, limit: Infinity },
  quick: { epochs: 3, limit: 10_000, splits: 1 },

  async run(mnist, { epochs, limit, seed, splits = SPLITS.length }, startProgress) {
    const known = SPLITS.slice(0, splits);
    const methods = /** @type {Method[]} */ (Object.keys(METHOD_NAMES));
    /** @type {Job[]} */
    const jobs = [
      ...known.flatMap((_, split) => methods.map((method) => ({ split, method, nDim: FEATURES }))),
      ...DRAWN_IN_PLANE.map((method) => ({ split: 0, method, nDim: PLANE })),
    ];
    const sets = known.map((_, split) => splitDigits(mnist, split, { limit, seed: seed + split }));
    const steps = jobs.map(({ split }) => stepsOf(Number(sets[split]?.train.labels.length), epochs));
    const progress = startProgress(steps.reduce((sum, count) => sum + count));
    /** @type {Trial[]} */
    const trials = [];
    /** @type {Map<Job, Drawn>} */
    const drawn = new Map();
    for (const job of jobs) {
      const set = /** @type {Split} */ (sets[job.split]);
      const trained = await trainOne(set, job, { epochs, seed: seed + job.split, onStep: progress.step });
      if (job.split === 0) drawn.set(job, trained);
      if (job.nDim !== FEATURES) continue;
      for (const score of SCORES.filter(({ methods }) => methods.includes(job.method))) {
        trials.push({ ...job, score: score.name, evaluation: evaluate(score, trained) });
      }
    }
    progress.stop();

    const about = `Split 1, known digits ${known[0]?.join(' ')}`;
    const drawnOf = (/** @type {Method} */ method, /** @type {number} */ nDim) => {
      const found = [...drawn].find(([job]) => job.method === method && job.nDim === nDim);
      return /** @type {Drawn} */ (found?.[1]);
    };
    const shown = trials.find(({ method, score }) => method === 'center' && score === 'distance');
    const [first] = sets;
    return {
      name: 'open-set',
      title: 'Known or unknown: MNIST with four digits held out',
      intro:
        `A network learns ${KNOWN} of the ten digits: by cross-entropy, by cross-entropy with center loss, or by class ` +
        'anchor clustering (CAC). Then it sees all ten. All figures are in percent' +
        (splits > 1 ? `, mean ± standard deviation over ${splits} splits into known and unknown digits.` : '.'),
      table: summaryTable(trials),
      figures: { settings: { ...SETTINGS, epochs, limit, seed }, known, trials },
      pictures: [
        {
          name: 'scores',
          description:
            'Histograms of the scores of known and unknown digits after three trainings. After softmax they overlap; ' +
            'after center loss and CAC most unknown digits are beyond the threshold',
          draw: (colors) =>
            histograms(
              [
                `${about}, ${FEATURES} features. Dashed: the threshold, which accepts ${percent(TPR, 0)} of`,
                'held-out known digits. Digits to its right are refused.',
              ],
              HISTOGRAMS.map(([method, score]) => scoresOf(method, score, drawnOf(method, FEATURES))),
              colors,
            ),
        },
        {
          name: 'roc',
          description:
            'Known digits accepted over unknown digits accepted, for every threshold. The curves of center loss and of ' +
            'CAC are above those of softmax',
          draw: (colors) =>
            rocCurves(
              [
                `${about}, ${FEATURES} features.`,
                `Dots: the thresholds that accept ${percent(TPR, 0)} of held-out known digits. Thin line: chance.`,
              ],
              CURVES.map(([method, score]) => ({
                ...scoresOf(method, score, drawnOf(method, FEATURES)),
                auroc: Number(
                  trials.find((each) => each.split === 0 && each.method === method && each.score === score)?.evaluation
                    .auroc,
                ),
              })),
              colors,
            ),
        },
        {
          name: 'regions',
          description:
            'The plane of two features after two trainings, with known and unknown digits. After softmax the regions ' +
            'that are accepted cover most unknown digits; after center loss they are small circles around the centers',
          draw: (colors) => ({
            title: {
              text: 'Where a digit is accepted: the plane of two features',
              subtitle: [
                `${about}. Blue points: known digits. Orange crosses: unknown digits.`,
                'Pale blue: accepted as the digit that is written beside. Elsewhere: refused.',
              ],
            },
            hconcat: DRAWN_IN_PLANE.map((method) => region(method, drawnOf(method, PLANE), known[0] ?? [], colors)),
            ...ALIGNED,
          }),
        },
      ],
      moving: {
        name: 'what-it-does',
        draw: (colors) => movingPicture(moving(drawnOf('center', PLANE), known[0] ?? []), colors),
      },
      notes: [
        `Known digits of the splits: ${known.map((digits) => digits.join(' ')).join(' · ')}. A fifth of the known ` +
          `training digits is held out, to fit radii, precisions and thresholds; a threshold accepts ` +
          `${percent(TPR, 0)} of them. No unknown digit takes part in a choice.`,
        'Closed accuracy: on the known test digits if none is refused, by the largest logit for the first two scores, ' +
          'by the nearest center for the others. AUROC, FPR95 and OSCR need no threshold.',
        `Network 784-256-128-${FEATURES}-${KNOWN}, ${epochs} epochs; λ = ${LAMBDA} and α = ${ALPHA} for center loss, ` +
          `λ = ${CAC.lambda} and anchors of length ${CAC.magnitude} for CAC, whose distances are taken in the logits. ` +
          `After softmax alone, class means of the training features stand in for centers. Seed ${seed}.`,
      ],
      conclusion:
        `On split 1, known digits ${known[0]?.join(' ')}, softmax + center loss with score distance accepts ` +
        `${countOf(shown?.evaluation.accepted, first?.test)} known test digits and refuses ` +
        `${countOf(shown?.evaluation.refused, first?.unknown)} unknown ones.`,
    };
  },
};

/** @typedef {{ train: Digits, validation: Digits, test: Digits, unknown: Digits }} Split */

/**
 * @param {{ train: Digits, test: Digits }} mnist
 * @param {number} split
 * @param {{ limit: number, seed: number }} options
 * @returns {Split} label k stands for the k-th known digit; at most `limit` digits to train on
 */
export function splitDigits({ train, test }, split, { limit, seed }) {
  const known = SPLITS[split] ?? [];
  const label = (/** @type {number} */ digit) => known.indexOf(digit);
  const rowsOf = (/** @type {Digits} */ { labels }, /** @type {boolean} */ isKnown) =>
    Int32Array.from(labels.keys()).filter((row) => known.includes(Number(labels[row])) === isKnown);
  const rows = rowsOf(train, true);
  const order = shuffled(rows.length, `${seed}/validation`).map((at) => Number(rows[at]));
  const held = Math.round(order.length * VALIDATION_SHARE);
  return {
    train: select(train, order.subarray(held, Math.min(order.length, held + limit)), label),
    validation: select(train, order.subarray(0, held), label),
    test: select(test, rowsOf(test, true), label),
    unknown: select(test, rowsOf(test, false), label),
  };
}

/** @param {Split} set @param {Job} job @param {TrainingOptions} options @returns {Promise<Drawn>} */
async function trainOne(set, { method, nDim }, { epochs, seed, onStep }) {
  const network = new Network({ nDim, nClasses: KNOWN, seed });
  const loss = objective(method, { nDim, nClasses: KNOWN, seed });
  const sample = select(
    set.test,
    Int32Array.from({ length: MOVING_POINTS.known }, (_, row) => row),
  );
  const last = stepsOf(set.train.labels.length, epochs);
  const frames = [infer(network, sample).embedding];
  let step = 0;
  await train(network, loss, set.train, {
    epochs,
    seed,
    onStep(value) {
      onStep(value);
      step += 1;
      // Closer together at the start, where the features move most.
      if (nDim === PLANE && step >= last * (frames.length / FRAMES) ** 2) {
        frames.push(infer(network, sample).embedding);
      }
    },
  });
  const outputs = (/** @type {Digits} */ digits) => infer(network, digits, loss.embedding);
  const trained = {
    centers: (loss.centers ?? classMeans(outputs(set.train), KNOWN)).params.slice(),
    nClasses: KNOWN,
    validation: outputs(set.validation),
    test: outputs(set.test),
    unknown: outputs(set.unknown),
    frames,
  };
  network.dispose();
  loss.dispose();
  return trained;
}

/**
 * Table of the scores of each method, one row for each.
 *
 * @param {Trial[]} trials
 */
function summaryTable(trials) {
  const rows = flatRollup(
    trials,
    (group) =>
      COLUMNS.map(({ key }) => {
        const values = group.map(({ evaluation }) => 100 * evaluation[key]);
        const spread = deviation(values);
        return `${mean(values)?.toFixed(2)}${spread === undefined ? '' : ` ± ${spread.toFixed(2)}`}`;
      }),
    ({ method }) => METHOD_NAMES[method],
    ({ score }) => score,
  );
  return {
    head: ['training', 'score', ...COLUMNS.map(({ title }) => title)],
    rows: rows.map(([method, score, cells]) => [method, score, ...cells]),
  };
}

/** Number of digits that a share is of, beside the number of all. @param {number} [share] @param {Digits} [digits] */
function countOf(share = 0, digits) {
  const all = digits?.labels.length ?? 0;
  return `${Math.round(share * all)} of ${all}`;
}

/** @param {Method} method @param {string} name of the score @param {Trained} trained */
function scoresOf(method, name, trained) {
  const score = SCORES.find((each) => each.name === name);
  if (!score) throw new Error(`there is no score '${name}'`);
  const { threshold, apply } = score.fit(trained);
  // The axis is logarithmic, and 'cac' is a logarithm already.
  const linear = (/** @type {number} */ value) => (name === 'cac' ? Math.exp(value) : value);
  return {
    training: METHOD_NAMES[method],
    score: name,
    axis: name === 'cac' ? 'exp(cac)' : name,
    threshold: linear(threshold),
    known: apply(trained.test).scores.map(linear),
    unknown: apply(trained.unknown).scores.map(linear),
  };
}

/** @param {Trained} trained */
function decision(trained) {
  const classifier = fitClassifier(trained, { score: 'distance', metric: 'euclidean' });
  const labelsOf = (/** @type {Float32Array} */ rows) => classifier.classify(rows).labels;
  const accepted = (/** @type {Outputs} */ { embedding }) =>
    mean(labelsOf(embedding), (label) => Number(label >= 0)) ?? 0;
  return { radius: Number(classifier.threshold), labelsOf, accepted };
}

/** @param {Method} method @param {Trained} trained @param {number[]} digits known ones @param {Colors} colors */
function region(method, trained, digits, colors) {
  const { labelsOf, accepted } = decision(trained);
  const { centers, test, unknown } = trained;
  return plane(
    {
      title: METHOD_NAMES[method],
      subtitle: [
        `accepts ${percent(accepted(test), 1)} of the known digits`,
        `and ${percent(accepted(unknown), 1)} of the unknown ones`,
      ],
      digits,
      centers,
      known: { features: test.embedding.subarray(0, PLANE * POINTS), labels: test.labels.subarray(0, POINTS) },
      unknown: unknown.embedding.subarray(0, PLANE * POINTS),
      labelsOf,
    },
    colors,
  );
}

/** @param {Drawn} trained @param {number[]} digits known ones */
function moving(trained, digits) {
  const { radius, accepted } = decision(trained);
  const { centers, frames, test, unknown } = trained;
  return {
    digits,
    unknownDigits: Array.from({ length: CLASSES }, (_, digit) => digit).filter((digit) => !digits.includes(digit)),
    centers,
    radius,
    frames,
    labels: test.labels.subarray(0, MOVING_POINTS.known),
    unknown: unknown.embedding.subarray(0, PLANE * MOVING_POINTS.unknown),
    accepted: accepted(test),
    refused: 1 - accepted(unknown),
  };
}
