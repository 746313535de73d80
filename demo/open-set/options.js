// @ts-check
/** The command line. */

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../options.js';
import { EPOCHS, QUICK_EPOCHS, QUICK_LIMIT, QUICK_SPLITS } from './settings.js';
import { SPLITS } from './splits.js';

export const HELP = `Trains on six of MNIST's digits and asks which scores tell the other four from them, and writes a report.

  --quick        ${QUICK_SPLITS} splits of ${SPLITS.length}, ${QUICK_EPOCHS} epoch of ${QUICK_LIMIT} digits: about a minute, less accurate
  --splits N     the first N splits into known and unknown digits
  --epochs N     so many epochs (default ${EPOCHS})
  --limit N      train on so many digits only
  --seed N       of held-out digits, weights, batches and centers (default 1); same seed, same figures
  --threads N    trainings at a time (default: the cores, at most 4)
  --docs         the table and the pictures into docs/, too
  --out DIR      where to write (default: out/ beside the demo)
  --help         this text
`;

/** More threads than that would each hold 60,000 digits for little. */
const MOST_THREADS = 4;

/**
 * @typedef {object} Options
 * @property {boolean} help
 * @property {number} splits
 * @property {number} epochs
 * @property {number} limit
 * @property {number} seed
 * @property {number} threads
 * @property {boolean} docs
 * @property {string | undefined} out
 */

/**
 * @param {string[]} args
 * @returns {Options}
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      splits: { type: 'string' },
      epochs: { type: 'string' },
      limit: { type: 'string' },
      seed: { type: 'string', default: '1' },
      threads: { type: 'string' },
      docs: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const quick = values.quick ?? false;
  const splits = wholeNumber('--splits', values.splits, 1) ?? (quick ? QUICK_SPLITS : SPLITS.length);
  if (splits > SPLITS.length) throw new Error(`--splits is ${splits}, but there are ${SPLITS.length}`);
  const epochs = wholeNumber('--epochs', values.epochs, 1) ?? (quick ? QUICK_EPOCHS : EPOCHS);
  const limit = wholeNumber('--limit', values.limit, 1) ?? (quick ? QUICK_LIMIT : Infinity);
  if (values.docs && (splits < SPLITS.length || epochs < EPOCHS || limit < Infinity)) {
    throw new Error('--docs is for a whole run: leave --quick, --splits, --epochs and --limit out');
  }
  return {
    help: values.help ?? false,
    splits,
    epochs,
    limit,
    seed: wholeNumber('--seed', values.seed, 0) ?? 1,
    threads: wholeNumber('--threads', values.threads, 1) ?? Math.min(MOST_THREADS, availableParallelism()),
    docs: values.docs ?? false,
    out: values.out,
  };
}
