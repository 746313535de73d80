// @ts-check
/** Contenders take turns: on a shared machine only what was taken side by side can be compared. */
import { spread } from '../summary.js';

/** @import { Spread } from '../summary.js' */

/** @typedef {Record<string, number>} Figures milliseconds by what took them, and `loss` */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => Figures | Promise<Figures>} run  from a cold start, each time
 * @property {boolean} [idle]  computes no loss: it shows what is taken by whatever does nothing
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} [missing]  why there are no figures
 * @property {Record<string, Spread>} [figures]
 * @property {Spread} [ratio]  of the figure that counts, to that of the first that computes a loss, round by round
 * @property {Figures[]} [samples]  one a round
 */

/** The sum of so many squares in float32 differs in its last digits from one way to another. */
const TOLERANCE = 1e-4;

/**
 * @param {Contender[]} contenders
 * @param {number} rounds  beside one that fills the caches of the disk
 * @param {string} counts  the figure to compare
 * @param {(done: number) => void} [onProgress]  share of the rounds that is done
 * @returns {Promise<Row[]>}
 */
export async function inRounds(contenders, rounds, counts, onProgress = () => {}) {
  /** @type {Map<string, Figures[]>} */
  const samples = new Map(contenders.map(({ name }) => [name, []]));
  /** @type {Map<string, string>} */
  const missing = new Map();
  /** @type {number | undefined} */
  let agreed;
  for (let round = 0; round <= rounds; round++) {
    onProgress(round / (rounds + 1));
    for (const { name, run, idle } of inTurn(contenders, round)) {
      if (missing.has(name)) continue;
      try {
        const { loss = Number.NaN, ...figures } = await run();
        if (!idle) {
          agreed ??= loss;
          if (!(Math.abs(loss / agreed - 1) < TOLERANCE)) throw new Error(`its loss is ${loss}, not ${agreed}`);
        }
        if (round > 0) samples.get(name)?.push(figures);
      } catch (error) {
        missing.set(name, error instanceof Error ? error.message : String(error));
      }
    }
  }
  const base = contenders.find(({ name, idle }) => !idle && !missing.has(name));
  const baseSamples = samples.get(base?.name ?? '') ?? [];
  return contenders.map(({ name, idle }) => {
    const reason = missing.get(name);
    if (reason !== undefined) return { name, missing: reason };
    const taken = samples.get(name) ?? [];
    const of = (/** @type {string} */ kind) => spread(taken.map((figures) => figures[kind] ?? Number.NaN));
    const ratios = taken.map(
      (figures, round) => (figures[counts] ?? Number.NaN) / (baseSamples[round]?.[counts] ?? NaN),
    );
    return {
      name,
      figures: Object.fromEntries(Object.keys(taken[0] ?? {}).map((kind) => [kind, of(kind)])),
      ...(!idle && base && { ratio: spread(ratios) }),
      samples: taken,
    };
  });
}

/** Rotated, and every other round reversed: nobody always follows the same neighbour. @template T @param {T[]} all @param {number} round @returns {T[]} */
export function inTurn(all, round) {
  const first = round % all.length;
  const order = [...all.slice(first), ...all.slice(0, first)];
  return round % 2 === 1 ? order.reverse() : order;
}
