// @ts-check
/** The figures of a run, and how they are worded in the terminal and in the report. */

/** @import { Settings } from './settings.js' */

/**
 * @typedef {object} TrainingFigures
 * @property {number} headAccuracy of the softmax head on the test digits
 * @property {number} nearestCenterAccuracy of the nearest center on the same
 * @property {number} spreadRatio between- over within-class variance of the test features
 * @property {number} seconds of training
 */

/**
 * @typedef {object} CoreFigures
 * @property {number} coreSeconds of the training, inside `loss.step`
 * @property {number} coreShare of the training's time
 * @property {number} coreCalls of `loss.step`
 */

/**
 * @typedef {object} Figures
 * @property {Settings} settings
 * @property {{ train: number, test: number }} digits
 * @property {TrainingFigures} softmax
 * @property {TrainingFigures & CoreFigures} centerLoss
 * @property {number} wallSeconds of the whole run, up to the writing of the report
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} key of the figure in both trainings
 * @property {string | null} softmax
 * @property {string} centerLoss
 */

export const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(2)} %`;
const seconds = (/** @type {number} */ value) => `${value.toFixed(1)} s`;

/**
 * @param {Figures} figures
 * @returns {Row[]}
 */
export function summaryRows({ softmax, centerLoss }) {
  /** @type {(name: string, key: keyof TrainingFigures, format: (value: number) => string) => Row} */
  const both = (name, key, format) => ({
    name,
    key,
    softmax: format(softmax[key]),
    centerLoss: format(centerLoss[key]),
  });
  return [
    both('test accuracy, softmax head', 'headAccuracy', percent),
    both('test accuracy, nearest center', 'nearestCenterAccuracy', percent),
    both('between- / within-class spread', 'spreadRatio', (ratio) => ratio.toFixed(1)),
    both('training time', 'seconds', seconds),
    {
      name: 'of that in our core',
      key: 'coreShare',
      softmax: null,
      centerLoss: percent(centerLoss.coreShare),
    },
  ];
}

/** @param {Figures} figures */
export function coreSentence({ centerLoss: { coreSeconds, coreCalls } }) {
  const each = ((1e6 * coreSeconds) / coreCalls).toFixed(1);
  return `${coreCalls} calls of loss.step took ${coreSeconds.toFixed(3)} s, ${each} µs each`;
}

/** @param {Figures} figures */
export function wallTime({ wallSeconds }) {
  return seconds(wallSeconds);
}

/** @param {Figures} figures */
export function summaryText(figures) {
  const rows = [{ name: '', softmax: 'softmax only', centerLoss: 'with center loss' }, ...summaryRows(figures)];
  const table = rows.map(
    ({ name, softmax, centerLoss }) => `  ${name.padEnd(32)}${(softmax ?? '–').padStart(14)}${centerLoss.padStart(20)}`,
  );
  return [...table, `  ${coreSentence(figures)}`, `  whole run: ${wallTime(figures)}`].join('\n');
}
