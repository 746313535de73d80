// @ts-check
/** The run as one HTML file that loads nothing else. */

import { escapeHtml } from '../scripts/charts/html.js';
import { LAYERS } from './network.js';
import { coreSentence, summaryRows, wallTime } from './summary.js';

/** @import { Figures } from './summary.js' */

export const STYLE = `
  body { margin: 0 auto; max-width: 1240px; padding: 32px 24px 64px; color: #222;
         font: 16px/1.55 system-ui, 'DejaVu Sans', Verdana, sans-serif; }
  h1 { font-size: 28px; margin: 0 0 4px; }
  h2 { font-size: 20px; margin: 40px 0 8px; }
  p, li { max-width: 46em; }
  table { border-collapse: collapse; margin: 20px 0; font-variant-numeric: tabular-nums; }
  th, td { padding: 6px 28px 6px 0; text-align: right; border-bottom: 1px solid #ddd; }
  th:first-child { text-align: left; font-weight: normal; }
  thead th { font-weight: bold; }
  .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 12px; }
  figure { margin: 0; }
  svg { width: 100%; height: auto; }
  .note { color: #555; font-size: 14px; }
`;

/**
 * @param {string} name
 * @param {string} svg
 * @param {string} description for those who can't see it
 */
export function figure(name, svg, description) {
  return `<figure id="${name}" role="img" aria-label="${escapeHtml(description)}">${svg}</figure>`;
}

/**
 * @param {Figures} figures
 * @param {{ softmax: string, centerLoss: string, curves: string }} plots as SVG
 * @returns {string}
 */
export function reportHtml(figures, plots) {
  const { settings, digits } = figures;
  const rows = summaryRows(figures).map(({ name, key, softmax, centerLoss }) => {
    const cell = (/** @type {string} */ training, /** @type {string | null} */ value) =>
      value === null ? '<td>–</td>' : `<td data-figure="${training}.${key}">${escapeHtml(value)}</td>`;
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cell('softmax', softmax)}${cell('centerLoss', centerLoss)}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Center loss on MNIST</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Center loss on MNIST</h1>
<p>The toy experiment of Wen et al. (ECCV 2016): a network that squeezes each digit into two features,
trained twice from the same weights on the same batches. Cross-entropy alone makes the classes
separable; center loss also makes each class compact, so that the nearest center classifies.</p>

<table>
<thead><tr><th></th><th scope="col">softmax only</th><th scope="col">with center loss</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
<p class="note"><span id="core">${escapeHtml(coreSentence(figures))}</span>: checks, copies in and out, and the kernel.
The whole run took <span data-figure="wallSeconds">${escapeHtml(wallTime(figures))}</span>.</p>

<h2>Features of the ${digits.test.toLocaleString('en')} test digits</h2>
<div class="pair">
${figure('softmax', plots.softmax, 'Scatter plot: test features after training with softmax only')}
${figure('center-loss', plots.centerLoss, 'Scatter plot: test features after training with center loss')}
</div>

<h2>Training curves</h2>
${figure('curves', plots.curves, 'Line charts: softmax loss, center loss and test error over the epochs')}

<h2>How it was measured</h2>
<ul>
<li>Network ${LAYERS.join('-')}, leaky rectifiers on the hidden layers, none on the ${LAYERS.at(-2)} features; TensorFlow.js
on its WebAssembly backend. Trained on ${digits.train.toLocaleString('en')} digits, each moved by up to ${settings.shift} pixel at
random: ${settings.epochs} epochs, batches of ${settings.batchSize}, Adam at ${settings.learningRate} with a short ramp and a cosine down to 0.</li>
<li>Second training: + λ · Σ‖x − c‖² / 2B with λ = ${settings.lambda} after a ramp over the first third; the centers move by
c ← c − α · Σ(c − x) / (1 + n) with α = ${settings.alpha}. Seed ${settings.seed}.</li>
<li>Nearest center: the trained centers. The training with softmax only has none; the means of its training
features by class stand in for them, in the figures as in the plot.</li>
<li>Spread: Σ‖m<sub>y</sub> − m‖² / Σ‖x − m<sub>y</sub>‖² over the test features, with m<sub>y</sub> the mean of a digit's class and m the
mean of all. It does not depend on the features' scale.</li>
<li>Training time leaves out the test after each epoch. The share of our core is measured in this run,
around each call of loss.step.</li>
<li>The settings were chosen with these test digits in view; no others were held out.</li>
<li>Both plots show all test digits, with axes of one scale; the two scales differ.</li>
</ul>
</body>
</html>
`;
}
