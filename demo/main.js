// @ts-check
/** The main job: two trainings on MNIST, their pictures, figures and report. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CenterLoss, ClassCenters } from 'center-loss';
import { renderPng, renderSvg } from '../scripts/charts/render.js';
import { startBackend } from './backend.js';
import { accuracy, classMeans, ownDistances, quantile, spreadRatio } from './figures.js';
import { infer } from './inference.js';
import { CLASSES, firstDigits, loadMnist } from './mnist.js';
import { FEATURES } from './network.js';
import { HELP, parseOptions } from './options.js';
import { normalization } from './pixels.js';
import { scatterPlot, trainingCurves } from './plots.js';
import { trainingProgress } from './progress.js';
import { reportHtml } from './report.js';
import { SHARED } from './settings.js';
import { timeSteps } from './stopwatch.js';
import { percent, summaryText } from './summary.js';
import { train } from './train.js';

/** @import { Options } from './options.js' */
/** @import { Settings } from './settings.js' */
/** @import { Figures } from './summary.js' */

/** Test digits whose embeddings are written beside the centers, for programs that use them. */
const EMBEDDINGS = 200;

/** The share of the training digits that are as near to their center as the threshold says. */
const KNOWN_SHARE = 0.95;

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  else await demo(options);
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

/** @param {Options} options */
async function demo({ epochs, limit, seed, out }) {
  const started = performance.now();
  const folder = resolve(out ?? fileURLToPath(new URL('out', import.meta.url)));
  await mkdir(folder, { recursive: true });
  await startBackend();
  const mnist = await loadMnist();
  const data = {
    train: firstDigits(mnist.train, limit),
    test: mnist.test,
    table: normalization(mnist.train),
  };
  /** @type {Settings} */
  const settings = { ...SHARED, epochs, seed };
  say(`MNIST, ${data.train.count} digits to train on and ${data.test.count} to test; ${epochs} epochs, seed ${seed}`);

  const softmax = softmaxOnly(data, { ...settings, lambda: 0 });
  const centerLoss = withCenterLoss(data, settings);

  const plots = {
    softmax: await renderSvg(
      scatterPlot({
        title: 'Softmax only',
        subtitle: subtitle(softmax.figures, 'class means of the training features'),
        labels: data.test.labels,
        ...softmax,
      }),
    ),
    centerLoss: await renderSvg(
      scatterPlot({
        title: `Softmax + center loss, λ = ${settings.lambda}`,
        subtitle: subtitle(centerLoss.figures, 'the trained centers'),
        labels: data.test.labels,
        ...centerLoss,
      }),
    ),
    curves: await renderSvg(trainingCurves({ softmax: softmax.training, centerLoss: centerLoss.training })),
  };
  const files = { softmax: plots.softmax, 'center-loss': plots.centerLoss, curves: plots.curves };
  for (const [name, svg] of Object.entries(files)) {
    await writeFile(join(folder, `${name}.svg`), svg);
    await writeFile(join(folder, `${name}.png`), renderPng(svg));
  }
  const model = { nClasses: CLASSES, nDim: FEATURES, params: Array.from(centerLoss.centers), ...centerLoss.reach };
  await writeFile(join(folder, 'centers.json'), `${JSON.stringify(model)}\n`);
  const some = firstDigits(data.test, EMBEDDINGS);
  const embeddings = {
    labels: Array.from(some.labels),
    values: Array.from(centerLoss.features.subarray(0, some.count * FEATURES)),
  };
  await writeFile(join(folder, 'embeddings.json'), `${JSON.stringify(embeddings)}\n`);

  /** @type {Figures} */
  const figures = {
    settings,
    digits: { train: data.train.count, test: data.test.count },
    softmax: softmax.figures,
    centerLoss: centerLoss.figures,
    wallSeconds: (performance.now() - started) / 1000,
  };
  await writeFile(join(folder, 'figures.json'), `${JSON.stringify(figures, null, 2)}\n`);
  const report = join(folder, 'report.html');
  await writeFile(report, reportHtml(figures, plots));

  say(`\n${summaryText(figures)}\n`);
  say(`report: ${relative('.', report)}`);
  const right = Math.round(centerLoss.figures.nearestCenterAccuracy * data.test.count);
  say(
    `The trained centers classify ${right} of the ${data.test.count} test digits correctly by nearest center: ` +
      percent(centerLoss.figures.nearestCenterAccuracy),
  );
}

/**
 * @param {Parameters<typeof train>[0]} data
 * @param {Settings} settings
 */
function softmaxOnly(data, settings) {
  const training = trainVisibly('softmax only    ', data, settings, null);
  const trained = infer(training.network, data.train, data.table).features;
  const centers = new ClassCenters(CLASSES, FEATURES);
  centers.params.set(classMeans(trained, data.train.labels));
  const result = { training, ...measure(training, data, centers) };
  training.network.dispose();
  centers.dispose();
  return result;
}

/**
 * @param {Parameters<typeof train>[0]} data
 * @param {Settings} settings
 */
function withCenterLoss(data, settings) {
  const loss = new CenterLoss(CLASSES, FEATURES, { reduction: 'wen', seed: settings.seed });
  const core = timeSteps(loss);
  const training = trainVisibly('with center loss', data, settings, loss);
  const measured = measure(training, data, loss.centers);
  const trained = infer(training.network, data.train, data.table).features;
  const distances = ownDistances(trained, data.train.labels, loss.centers.params);
  const reach = { threshold: quantile(distances, KNOWN_SHARE), knownShare: KNOWN_SHARE };
  training.network.dispose();
  loss.dispose();
  const figures = {
    ...measured.figures,
    coreSeconds: core.seconds,
    coreShare: core.seconds / training.seconds,
    coreCalls: core.calls,
  };
  return { training, ...measured, figures, reach };
}

/**
 * @param {string} name
 * @param {Parameters<typeof train>[0]} data
 * @param {Settings} settings
 * @param {CenterLoss | null} loss
 */
function trainVisibly(name, data, settings, loss) {
  const steps = Math.floor(data.train.count / settings.batchSize) * settings.epochs;
  const progress = trainingProgress(name, steps);
  const training = train(data, settings, loss, progress.step);
  progress.stop();
  return training;
}

/**
 * @param {ReturnType<typeof train>} training
 * @param {Parameters<typeof train>[0]} data
 * @param {ClassCenters} centers
 */
function measure({ network, seconds }, { test, table }, centers) {
  const { features, predicted } = infer(network, test, table);
  const figures = {
    headAccuracy: accuracy(predicted, test.labels),
    nearestCenterAccuracy: accuracy(centers.predict(features), test.labels),
    spreadRatio: spreadRatio(features, test.labels),
    seconds,
  };
  return { features, centers: centers.params.slice(), figures };
}

/**
 * @param {import('./summary.js').TrainingFigures} figures
 * @param {string} circles what the marked points are
 */
function subtitle({ headAccuracy, nearestCenterAccuracy, spreadRatio }, circles) {
  return [
    `softmax head ${percent(headAccuracy)}, nearest center ${percent(nearestCenterAccuracy)} correct`,
    `between- / within-class spread ${spreadRatio.toFixed(1)}`,
    `circles: ${circles}`,
  ];
}

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`);
}
