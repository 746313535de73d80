// @ts-check
/** The figures of all trials as rows of mean ± standard deviation. */

/** @import { Evaluation } from './evaluate.js' */
/** @import { Method } from './settings.js' */

/**
 * @typedef {object} Trial
 * @property {number} split
 * @property {number} nDim
 * @property {Method} method
 * @property {string} score
 * @property {Evaluation} evaluation
 */

/** @typedef {{ mean: number, std: number } | null} Spread */

/**
 * @typedef {object} Row
 * @property {number} nDim
 * @property {Method} method
 * @property {string} score
 * @property {Record<keyof Evaluation, Spread>} figures
 */

/** @type {{ key: keyof Evaluation, title: string }[]} */
export const COLUMNS = [
  { key: 'auroc', title: 'AUROC' },
  { key: 'fpr95', title: 'FPR95' },
  { key: 'oscr', title: 'OSCR' },
  { key: 'accuracy', title: 'closed accuracy' },
  { key: 'tpr', title: 'known accepted' },
  { key: 'fpr', title: 'unknown accepted' },
  { key: 'fashionAuroc', title: 'Fashion AUROC' },
  { key: 'fashionFpr', title: 'Fashion accepted' },
];

/** @type {Record<Method, string>} */
export const METHOD_NAMES = { softmax: 'softmax', center: 'softmax + center loss', cac: 'CAC' };

/**
 * @param {number[]} values
 * @returns {{ mean: number, std: number }} of a sample: Σ(v − mean)² / (n − 1); 0 of one value
 */
export function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

/**
 * @param {Trial[]} trials
 * @returns {Row[]} one for each of the features' number, method and score, in the order in which they first occur
 */
export function summarize(trials) {
  /** @type {Map<string, Trial[]>} */
  const groups = new Map();
  for (const trial of trials) {
    const name = `${trial.nDim}/${trial.method}/${trial.score}`;
    groups.set(name, [...(groups.get(name) ?? []), trial]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { nDim, method, score, evaluation } = first;
    const keys = /** @type {(keyof Evaluation)[]} */ (Object.keys(evaluation));
    const figures = /** @type {Row['figures']} */ (
      Object.fromEntries(
        keys.map((key) => {
          const values = group.flatMap(({ evaluation }) => evaluation[key] ?? []);
          return [key, values.length === group.length ? spread(values) : null];
        }),
      )
    );
    return [{ nDim, method, score, figures }];
  });
}

/**
 * @param {Spread} figure a share
 * @returns {string} in percent, as mean ± standard deviation
 */
export function cell(figure) {
  return figure ? `${(100 * figure.mean).toFixed(2)} ± ${(100 * figure.std).toFixed(2)}` : '–';
}
