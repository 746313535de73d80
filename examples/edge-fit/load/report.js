// @ts-check
/** Report that is printed in the end. */

/** @import { Options } from './options.js' */
/** @import { Tally } from './delivery.js' */

/**
 * @typedef {object} Outcome
 * @property {Options} options
 * @property {Tally} tally
 * @property {number} seconds of all deliveries, but the late ones
 * @property {number} cpu seconds of workerd; NaN if they are not known
 * @property {number} late deliveries after all others
 * @property {number} restarts
 * @property {{ version: number, rejected: number }} status
 * @property {number} apart the largest difference from the fit of one machine
 * @property {number} aloneSeconds what that took
 * @property {number} fileBytes of the statistics as they are served
 */

const count = (/** @type {number} */ value) => Math.round(value).toLocaleString('en');

/** @param {Outcome} outcome */
export function report({ options, tally, seconds, cpu, late, restarts, status, apart, aloneSeconds, fileBytes }) {
  const { producers, batches, rows, nDim } = options;
  const [all, samples] = [producers * batches, producers * batches * rows];
  const rate = samples / seconds;
  const folded = tally.folded / (tally.merged + tally.known);
  const faults = Object.entries(tally.faults).map(([fault, times]) => `${fault} ${times}`);
  /** @type {[string, string][]} */
  const lines = [
    ['faults', [...faults, `late copies ${late}`, `workerd killed ${restarts}`].join(', ')],
    [
      'requests',
      `${count(tally.requests)} for ${count(all)} batches; ${count(tally.known)} replies said: known already`,
    ],
    ['merged', `${count(status.version)} batches, each once; ${count(status.rejected)} rows left out for a NaN`],
    ['centers', `within ${apart.toExponential(1)} of the fit of one machine, counts equal`],
    ['rate', `${count(rate)} samples/s, ${count((rate * 4 * (nDim + 1)) / 1e6)} MB/s, in ${seconds.toFixed(1)} s`],
    ['one machine', `${count(samples / aloneSeconds)} samples/s, without a network`],
    ['to workers', `${(tally.bytes / samples).toFixed(1)} bytes a sample, with all that was sent in vain`],
    ['to the object', `${count(folded)} bytes a batch, ${(folded / rows).toFixed(1)} a sample`],
    ['to a reader', `${count(fileBytes)} bytes a version, none if it has that`],
  ];
  if (!Number.isNaN(cpu)) {
    lines.push([
      'processor',
      `${((1000 * cpu) / all).toFixed(2)} ms a batch, ${((1e6 * cpu) / samples).toFixed(2)} µs a sample in workerd`,
    ]);
  }
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${name.padEnd(width)}   ${text}`).join('\n');
}
