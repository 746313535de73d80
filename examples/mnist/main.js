// @ts-check
/** Command line: trains on MNIST, prints a table, and writes a report with pictures. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { PICTURES, suffix, writePicture } from '../../scripts/charts/render.js';
import { COLORS } from '../../scripts/charts/theme.js';
import { markdownTable } from '../../scripts/markdown-table.js';
import { loadMnist } from './data.js';
import { startBackend } from './network.js';
import { openSet } from './open-set.js';
import { reportHtml } from './report.js';
import { twoFeatures } from './two-features.js';

/** @import { Digits } from './data.js' */
/** @import { Colors } from '../../scripts/charts/theme.js' */
/** @import { Table } from './report.js' */

const HELP = `Usage: ./build.sh demo [open-set] [options]

Trains a network on MNIST with softmax alone and with center loss, and writes a report with pictures.
open-set: trains on six of the ten digits, and measures which scores tell the other four from them.

  --quick       fewer digits and epochs: half a minute, less accurate
  --epochs N    epochs of each training
  --limit N     train on the first N digits only
  --seed N      of weights, batches and centers (default 1); the same seed gives the same figures
  --out DIR     folder of the report (default examples/mnist/out)
  --docs        the pictures go into docs/pictures instead
  --help        this text`;

/** Milliseconds between lines of progress where there is no terminal. */
const LINE_INTERVAL = 5000;

/**
 * @typedef {object} Result
 * @property {string} name of the report file
 * @property {string} title
 * @property {string} intro
 * @property {Table} table
 * @property {object} figures
 * @property {{ name: string, description: string, draw: (colors: Colors) => object }[]} pictures
 * @property {string[]} notes
 * @property {string} conclusion
 * @property {Record<string, object>} [files] further results, each a JSON file
 * @property {{ name: string, draw: (colors: Colors) => string }} [moving] picture that moves, an SVG
 */

/** @typedef {{ epochs: number, limit: number, splits?: number }} Size */

/**
 * @typedef {object} Experiment
 * @property {Size} defaults
 * @property {Size} quick
 * @property {(mnist: { train: Digits, test: Digits }, options: Size & { seed: number },
 *   startProgress: (steps: number) => { step: (loss: number) => void, stop: () => void }) => Promise<Result>} run
 */

/** @param {string[]} args */
async function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      epochs: { type: 'string' },
      limit: { type: 'string' },
      seed: { type: 'string' },
      out: { type: 'string' },
      docs: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const [name, ...rest] = positionals;
  if ((name !== undefined && name !== 'open-set') || rest.length > 0) {
    throw new Error(`there is no experiment '${positionals.join(' ')}'; run with --help for usage`);
  }
  const experiment = name ? openSet : twoFeatures;
  const size = values.quick ? experiment.quick : experiment.defaults;
  const options = {
    ...size,
    epochs: wholeNumber('--epochs', values.epochs, 1) ?? size.epochs,
    limit: wholeNumber('--limit', values.limit, 1) ?? size.limit,
    seed: wholeNumber('--seed', values.seed, 0) ?? 1,
  };
  const started = performance.now();
  await startBackend();
  const result = await experiment.run(await loadMnist(), options, startProgress);
  const seconds = (performance.now() - started) / 1000;
  const folder = resolve(values.out ?? fileURLToPath(new URL('out', import.meta.url)));
  const report = await write(folder, result, seconds, values.docs ? PICTURES : folder);
  console.log(`\n${markdownTable([result.table.head, ...result.table.rows])}\n\n${result.conclusion}`);
  console.log(`report: ${relative('.', report)}, ${seconds.toFixed(0)} s`);
}

/** @param {string} name @param {string | undefined} text @param {number} least */
function wholeNumber(name, text, least) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw new Error(`${name} is "${text}"; expected a whole number from ${least} up`);
  }
  return value;
}

/** Starts a bar with the moving average of the loss; where there is no terminal, a line now and then. @param {number} steps */
function startProgress(steps) {
  const bar = new SingleBar({
    format: '{bar} {percentage} %  {eta_formatted} left  loss {loss}',
    hideCursor: null,
    etaBuffer: 200,
    noTTYOutput: true,
    notTTYSchedule: LINE_INTERVAL,
  });
  let average = Number.NaN;
  bar.start(steps, 0, { loss: '–' });
  return {
    step(/** @type {number} */ loss) {
      average = Number.isNaN(average) ? loss : 0.95 * average + 0.05 * loss;
      bar.increment({ loss: average.toFixed(3) });
    },
    stop: () => bar.stop(),
  };
}

/**
 * @param {string} folder
 * @param {Result} result
 * @param {number} seconds
 * @param {string} pictureFolder
 * @returns {Promise<string>} path of the report
 */
async function write(folder, { name, figures, files, moving, ...result }, seconds, pictureFolder) {
  await mkdir(folder, { recursive: true });
  const json = { ...files, [name]: { ...figures, seconds } };
  for (const [file, value] of Object.entries(json)) {
    await writeFile(join(folder, `${file}.json`), `${JSON.stringify(value)}\n`);
  }
  const pictures = [];
  for (const { name, description, draw } of result.pictures) {
    pictures.push({ svg: await writePicture(pictureFolder, name, draw), description });
  }
  for (const [scheme, colors] of moving ? Object.entries(COLORS) : []) {
    await writeFile(join(pictureFolder, `${moving?.name}${suffix(scheme)}.svg`), String(moving?.draw(colors)));
  }
  const report = join(folder, `${name}.html`);
  await writeFile(report, reportHtml({ ...result, pictures }));
  return report;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
