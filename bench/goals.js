// @ts-check
// What the package is to reach, and what it did: ratios of rows, round by round. Reported, never a test: machines that
// others use at the same time would fail it at random.

import { THREE_CALLS } from './contenders/ours.js';
import { EMPTY } from './contenders/roofline.js';
import { ratios, spread } from './summary.js';

/** @typedef {import('./run.js').Result} Result */
/** @typedef {import('./summary.js').Spread} Spread */

/**
 * @typedef {object} Goal
 * @property {string} what
 * @property {string} work  its id
 * @property {(work: Result) => Spread | undefined} value
 * @property {'' | 'µs'} unit  '' = a ratio
 * @property {{ atMost: number } | { atLeast: number }} goal
 */

/** @typedef {Omit<Goal, 'value'> & { value: Spread, met: boolean }} Outcome */

/** @param {Result} work @param {(row: import('./summary.js').Row) => boolean} wanted */
const samplesOf = (work, wanted) => work.rows.find(wanted)?.samples;

/** @param {Result} work @param {string} name */
const samplesOfForm = (work, name) => samplesOf(work, (row) => row.name === name);

/** @param {number[] | undefined} times @param {number[] | undefined} others */
const over = (times, others) => times && others && ratios(times, others);

/** @param {string} name @returns {Goal['value']} */
const overBound = (name) => (work) => work.rows.find((row) => row.name === name)?.bound?.times;

/** @param {string} name @returns {Goal['value']} */
const overReading = (name) => (work) => work.rows.find((row) => row.name === name)?.bound?.reading;

/** @param {string} name @returns {Goal['value']} */
const rateOfMultiplyAdds = (name) => (work) =>
  over(
    samplesOf(work, ({ bounds }) => bounds === 'multiply-adds'),
    samplesOfForm(work, name),
  );

/** @param {string} name @returns {Goal['value']} */
const onTop = (name) => (work) => {
  const empty = samplesOfForm(work, EMPTY);
  return (
    empty && spread(samplesOfForm(work, name)?.map((ns, round) => (ns - (empty[round] ?? Number.NaN)) / 1000) ?? [])
  );
};

/** @type {Goal[]} */
const goals = [
  ...[960, 10_000].map((C) => ({
    what: `loss + both gradients, C = ${C.toLocaleString('en')}, touched: time over that of moving the bytes`,
    work: `gradients-256x128x${C}`,
    value: overBound('gradients(batch), touched'),
    unit: /** @type {const} */ (''),
    goal: { atMost: 1.3 },
  })),
  ...[960, 10_000].map((C) => ({
    what: `step(batch), C = ${C.toLocaleString('en')}: time over that of three calls`,
    work: `step-256x128x${C}`,
    value: (/** @type {Result} */ work) => over(samplesOfForm(work, 'step(batch)'), samplesOfForm(work, THREE_CALLS)),
    unit: /** @type {const} */ (''),
    goal: { atMost: 0.5 },
  })),
  ...[960, 10_000].map((C) => ({
    what: `distances, C = ${C.toLocaleString('en')}: share of the multiply-add loop's rate`,
    work: `distances-256x128x${C}`,
    value: rateOfMultiplyAdds('distances(x, out)'),
    unit: /** @type {const} */ (''),
    goal: { atLeast: 0.92 },
  })),
  ...[128, 512].flatMap((D) =>
    [960, 10_000].map((C) => ({
      what: `predict, B = 1, D = ${D}, C = ${C.toLocaleString('en')}: time over that of reading the centers`,
      work: `predict-1x${D}x${C}`,
      value: overReading('predict(x)'),
      unit: /** @type {const} */ (''),
      goal: { atMost: 1.1 },
    })),
  ),
  ...['evaluate(batch)', 'gradients(batch)', 'step(batch)'].map((name) => ({
    what: `${name}, B = 1, D = 64: on top of an empty call`,
    work: 'calls-1x64x10',
    value: onTop(name),
    unit: /** @type {const} */ ('µs'),
    goal: { atMost: 1.5 },
  })),
];

/**
 * @param {Result[]} works
 * @returns {Outcome[]} of the goals whose works are among them
 */
export function outcomes(works) {
  return goals.flatMap(({ value: measured, ...goal }) => {
    const work = works.find(({ id }) => id === goal.work);
    const value = work && measured(work);
    if (!value) return [];
    const met = 'atMost' in goal.goal ? value.median <= goal.goal.atMost : value.median >= goal.goal.atLeast;
    return [{ ...goal, value, met }];
  });
}

/** @param {Outcome} outcome @returns {[what: string, measured: string, goal: string]} */
export function goalCells({ what, value, unit, goal, met }) {
  const show = (/** @type {number} */ figure) => `${figure.toFixed(2)}${unit && ` ${unit}`}`;
  return [
    what,
    `${show(value.median)} (${value.q1.toFixed(2)}–${value.q3.toFixed(2)})`,
    `${'atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`} ${met ? '✓' : '✗'}`,
  ];
}
