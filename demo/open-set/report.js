// @ts-check
/** The run as one HTML file that loads nothing else. */

import { figure, STYLE } from '../report.js';
import { KNOWN, SPLITS } from './splits.js';
import { htmlTable } from './tables.js';

/** @import { Settings } from './settings.js' */
/** @import { Row, Trial } from './summary.js' */

/**
 * @typedef {object} Figures
 * @property {Settings & { seed: number, splits: number, limit: number | null, tpr: number }} settings
 * @property {{ known: number[], unknown: number[] }[]} splits
 * @property {{ train: number, validation: number, known: number, unknown: number, fashion: number }[]} images by split
 * @property {Row[]} summary
 * @property {Trial[]} trials
 * @property {number} wallSeconds of all trainings and their evaluation
 * @property {number} cpuSeconds of all threads together
 */

/** @typedef {{ [name: string]: { svg: string, description: string, title: string } }} Pictures */

const MORE_STYLE = `
  .scores { font-size: 14px; }
  .scores td, .scores th { padding: 3px 14px 3px 0; white-space: nowrap; }
  .scores th { text-align: left; font-weight: normal; }
  .scores thead th { font-weight: bold; white-space: normal; vertical-align: bottom; }
  .wide { overflow-x: auto; }
`;

/**
 * @param {Figures} figures
 * @param {Pictures} pictures
 * @returns {string}
 */
export function reportHtml({ settings, summary, splits, images, wallSeconds, cpuSeconds }, pictures) {
  const dimensions = [...new Set(summary.map(({ nDim }) => nDim))].sort((a, b) => b - a);
  const withFashion = images.some(({ fashion }) => fashion > 0);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Known or unknown: MNIST with four digits held out</title>
<style>${STYLE}${MORE_STYLE}</style>
</head>
<body>
<h1>Known or unknown: MNIST with four digits held out</h1>
<p>A network learns ${KNOWN} of the ten digits, by cross-entropy, by cross-entropy with center loss, or by class anchor
clustering (CAC, Miller et al. 2021). Then it sees all ten: which score tells a digit it knows from one it has never
seen? ${splits.length} of the ${SPLITS.length} splits that CAC's authors publish; all figures are in percent, mean ± standard deviation over the splits.${
    withFashion ? '' : ' Fashion-MNIST is not installed on this machine, so the unknown are digits alone.'
  }</p>
${dimensions
  .map(
    (nDim) => `<h2>${nDim} features</h2>
<div class="wide">
${htmlTable(summary.filter((row) => row.nDim === nDim))}
</div>`,
  )
  .join('\n')}
<p class="note">Trainings and evaluation took <span data-figure="wallSeconds">${wallSeconds.toFixed(0)} s</span>, and
<span data-figure="cpuSeconds">${cpuSeconds.toFixed(0)} s</span> of processor time on all threads together.</p>
${Object.entries(pictures)
  .map(
    ([name, { svg, description, title }]) => `<h2>${title}</h2>
<div class="wide">${figure(name, svg, description)}</div>`,
  )
  .join('\n')}
<h2>How it was measured</h2>
<ul>
<li>Splits (known): ${splits.map(({ known }) => known.join(' ')).join(' · ')}. A fifth of the known training digits is held out
of training; radii, precisions and thresholds are fitted on these, thresholds to accept ${100 * settings.tpr} % of them. No unknown
image takes part in any choice.</li>
<li>AUROC, FPR95 and OSCR do not depend on a threshold. “known accepted” and “unknown accepted” are the shares of the test
images on the near side of the fitted threshold.</li>
<li>Closed accuracy: of the known test digits, none rejected; by the largest logit for the first two scores, by the nearest
center for the others.</li>
<li>Network: three convolutions (5 × 5, 3 × 3, 3 × 3, stride 2), 128 hidden units, features, ${KNOWN} logits; trained with TensorFlow.js on
its WebAssembly backend: ${settings.epochs} epochs, batches of ${settings.batchSize}, Adam at ${settings.learningRate} with a cosine down to 0, digits moved
by up to ${settings.shift} pixel. λ of the center loss ${settings.lambda}, α ${settings.alpha}; CAC with λ ${settings.anchorLambda}, anchors at ${settings.magnitude}. Seed ${settings.seed}.</li>
<li>Centers: the trained ones; after softmax alone, the class means of the training features; CAC's anchors. With 64 features
CAC's embedding is the ${KNOWN} logits; with 2 it is the features, and the anchors stand on a circle.</li>
<li>1 − max softmax is computed as the sum of the other probabilities: subtracted from 1, all sure rows would tie.</li>
</ul>
</body>
</html>
`;
}
