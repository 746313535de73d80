import { quoted } from './errors.js';
import { isWellFormed } from './json-string.js';

// What files of ours are called and hold: the one place for names that old files must be read by.

/** Metadata `format` and `version` of a file of ours. */
export const FORMAT = 'center-loss';
export const VERSION = '1';

/** Names of tensors. */
export const CENTERS = 'centers';
export const RADIUS = 'radius';
export const COUNTS = 'counts';
export const THRESHOLD = 'threshold';
export const PRECISION = 'precision';

/** Keys of the metadata beside `format` and `version`: what was saved, and JSON. */
export const KIND = 'kind';
export const CONFIG = 'config';
export const NAMES = 'names';

/** The classes whose objects can be saved. */
export const KINDS = ['ClassCenters', 'CenterLoss', 'OpenSetClassifier', 'ClassStatistics', 'NamedCenters'] as const;
export type Kind = (typeof KINDS)[number];

/** Options by name, as far as JSON can tell them. */
export type Config = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * The first value of centers that can't be, or −1: each must be finite, but a class that never had a row may have
 * Infinity in every dimension (see `ClassStatistics.toCenters`), so that no row is nearest to it.
 */
export function centerAtFault(params: Float32Array, nFeatures: number): number {
  // Where all are finite, which is nearly always, the class of the first that is not is not asked for.
  let bad = params.findIndex((value) => !Number.isFinite(value));
  while (bad >= 0) {
    const end = bad + nFeatures - (bad % nFeatures);
    if (bad % nFeatures !== 0 || !params.subarray(bad, end).every((value) => value === Number.POSITIVE_INFINITY)) {
      return bad;
    }
    const more = params.subarray(end).findIndex((value) => !Number.isFinite(value));
    bad = more < 0 ? -1 : end + more;
  }
  return -1;
}

/** Where names are no text or not all different; undefined if they are. */
export function nameAtFault(names: readonly unknown[]): string | undefined {
  const seen = new Map<string, number>();
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (typeof name !== 'string') return `[${i}] is no string, but of type ${typeof name}`;
    if (!isWellFormed(name)) return `[${i}] is ${quoted(name)}, with half a surrogate pair`;
    const first = seen.get(name);
    if (first !== undefined) return `[${first}] and names[${i}] are both ${quoted(name)}`;
    seen.set(name, i);
  }
  return undefined;
}
