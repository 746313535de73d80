// @ts-check
/** Options of the command line. */
import { parseArgs } from 'node:util';

export const usage = `usage: node load/main.js [options]

  --producers N   machines that send batches                          (default: 4)
  --batches N     batches of each                                     (default: 100)
  --rows N        embeddings of a batch                               (default: 2048)
  --classes N     classes                                             (default: 32)
  --dim N         values of an embedding                              (default: 64)
  --restarts N    how often workerd is killed, with all that it does  (default: 2)
  --no-faults     no faults, for what the machine can do              (no restarts then, either)`;

/** @typedef {{ help: boolean, producers: number, batches: number, rows: number, nClasses: number, nDim: number, restarts: number, faults: boolean }} Options */

/** @param {string[]} args @returns {Options} @throws Error that says what is wrong with them */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      producers: { type: 'string', default: '4' },
      batches: { type: 'string', default: '100' },
      rows: { type: 'string', default: '2048' },
      classes: { type: 'string', default: '32' },
      dim: { type: 'string', default: '64' },
      restarts: { type: 'string', default: '2' },
      'no-faults': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const faults = !values['no-faults'];
  return {
    help: values.help,
    producers: count('producers', values.producers, 1),
    batches: count('batches', values.batches, 1),
    rows: count('rows', values.rows, 1),
    nClasses: count('classes', values.classes, 1),
    nDim: count('dim', values.dim, 1),
    restarts: faults ? count('restarts', values.restarts, 0) : 0,
    faults,
  };
}

/** @param {string} name @param {string} text @param {number} least */
function count(name, text, least) {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least) return value;
  throw new Error(`--${name}: "${text}" is not a whole number from ${least} to 999999999`);
}
