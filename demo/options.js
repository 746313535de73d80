// @ts-check
/** The command line. */

import { parseArgs } from 'node:util';
import { EPOCHS, QUICK_EPOCHS } from './settings.js';

export const HELP = `Trains a network on MNIST with and without center loss, and writes a report.

  --quick        ${QUICK_EPOCHS} epochs instead of ${EPOCHS}: under 2 minutes, less accurate
  --epochs N     that many epochs
  --limit N      train on the first N digits only
  --seed N       of weights, batches and centers (default 1); same seed, same figures
  --out DIR      where to write (default: out/ beside the demo)
  --help         this text
`;

/**
 * @typedef {object} Options
 * @property {boolean} help
 * @property {number} epochs
 * @property {number} limit
 * @property {number} seed
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
      epochs: { type: 'string' },
      limit: { type: 'string' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    help: values.help ?? false,
    epochs: wholeNumber('--epochs', values.epochs, 1) ?? (values.quick ? QUICK_EPOCHS : EPOCHS),
    limit: wholeNumber('--limit', values.limit, 1) ?? Infinity,
    seed: wholeNumber('--seed', values.seed, 0) ?? 1,
    out: values.out,
  };
}

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {number} least
 */
export function wholeNumber(name, text, least) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw new Error(`${name} is "${text}", expected a whole number from ${least} up`);
  }
  return value;
}
