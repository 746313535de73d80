// @ts-check
/** Options of the command line. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/** @typedef {{ help: boolean, threads: number[], rows: number, nClasses: number, nDim: number, rounds: number }} Options */

/** More threads than any machine has cores are a slip of the hand, and each takes memory. */
const MOST_THREADS = 1024;

export const usage = `usage: node src/main.js [options]

  --threads LIST   numbers of threads to compare, such as 1,2,4   (default: 1, 2, 4, … up to the cores)
  --rows N         embeddings to classify                         (default: 200000)
  --classes N      centers                                        (default: 100)
  --dim N          values of an embedding                         (default: 128)
  --rounds N       how often each number of threads is timed      (default: 9)`;

/** @param {string[]} args @returns {Options} @throws Error that says what is wrong with them */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string' },
      rows: { type: 'string', default: '200000' },
      classes: { type: 'string', default: '100' },
      dim: { type: 'string', default: '128' },
      rounds: { type: 'string', default: '9' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const threads = values.threads?.split(',').map((text) => count('threads', text, MOST_THREADS));
  return {
    help: values.help,
    // The first is the reference of speed-ups.
    threads: [...new Set([1, ...(threads ?? upTo(availableParallelism()))])],
    rows: count('rows', values.rows),
    nClasses: count('classes', values.classes),
    nDim: count('dim', values.dim),
    rounds: count('rounds', values.rounds),
  };
}

/** @param {string} name @param {string} text @param {number} [most] */
function count(name, text, most = 2 ** 31 - 1) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new Error(`--${name}: "${text}" is not a whole number from 1 to ${most}`);
}

/** @param {number} cores */
function upTo(cores) {
  const threads = [];
  for (let some = 1; some < cores; some *= 2) threads.push(some);
  return [...threads, cores];
}
