// @ts-check
// The suite in a process of its own, for another Node: `suite-process.js EFFORT WORK...`, to a parent that listens.

import { works } from './shapes.js';
import { runSuite } from './suite.js';

/**
 * @typedef {{ start: import('./machine.js').Machine } | { done: number, work: string }
 *   | { result: import('./run.js').Result } | { run: import('./suite.js').Run }} Message
 */

const [effort, ...ids] = process.argv.slice(2);
const send = (/** @type {Message} */ message) => process.send?.(message);

const run = await runSuite(
  works.filter(({ id }) => ids.includes(id)),
  effort === 'quick' ? 'quick' : 'full',
  {
    onStart: (start) => send({ start }),
    onProgress: (done, work) => send({ done, work }),
    onResult: (result) => send({ result }),
  },
);
send({ run });
