import type { Tensor } from './tensor.js';

// What files of ours are called and hold: the one place for names that old files must be read by.

/** Metadata `format` and `version` of a file of ours. */
export const FORMAT = 'center-loss';
export const VERSION = '1';

/** Names of tensors. */
export const CENTERS = 'centers';
export const RADIUS = 'radius';
export const COUNTS = 'counts';
export const THRESHOLD = 'threshold';

/** Keys of the metadata beside `format` and `version`: what was saved, and JSON. */
export const KIND = 'kind';
export const CONFIG = 'config';
export const NAMES = 'names';

/** The classes whose objects can be saved. */
export const KINDS = ['ClassCenters', 'CenterLoss'] as const;
export type Kind = (typeof KINDS)[number];

/** Options by name, as far as JSON can tell them. */
export type Config = Readonly<Record<string, string | number | boolean>>;

/** What a file of ours holds, on the way in and on the way out. */
export interface Contents {
  readonly kind: Kind;
  readonly config: Config;
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly names: readonly string[] | undefined;
}
