import { ClassCenters } from '../centers/class-centers.js';
import { OpenSetClassifier } from '../detect/open-set-classifier.js';
import { CACLoss } from '../losses/cac-loss.js';
import { CenterLoss } from '../losses/center-loss.js';
import { ContrastiveCenterLoss } from '../losses/contrastive-center-loss.js';
import { DeepSVDDLoss } from '../losses/deep-svdd-loss.js';
import { DistanceCrossEntropyLoss } from '../losses/distance-cross-entropy-loss.js';
import { IslandLoss } from '../losses/island-loss.js';
import { TripletCenterLoss } from '../losses/triplet-center-loss.js';
import { ClassStatistics } from '../statistics/class-statistics.js';
import { formatError, quoted } from './errors.js';
import { SavedObject } from './saved-object.js';

/** Classes of the objects that can be saved. */
const CLASSES = {
  ClassCenters,
  ClassStatistics,
  OpenSetClassifier,
  CenterLoss,
  CACLoss,
  DistanceCrossEntropyLoss,
  ContrastiveCenterLoss,
  TripletCenterLoss,
  IslandLoss,
  DeepSVDDLoss,
};

/** Object of any class that can be saved. */
export type LoadedObject = InstanceType<(typeof CLASSES)[keyof typeof CLASSES]>;

/**
 * Reads an object of any class from a file that `save()` wrote. `Class.load` reads one class and leaves the others
 * out of a bundle.
 *
 * ```js
 * const object = load(bytes);
 * if (object instanceof OpenSetClassifier) object.classify(x);
 * ```
 * @throws CenterLossError `ERR_FORMAT` for a file that is not whole and right, of another version or of another library;
 * `ERR_SHAPE` if `bytes` is not bytes; `ERR_OUT_OF_MEMORY`
 */
export function load(bytes: Uint8Array | ArrayBuffer): LoadedObject {
  const { kind } = new SavedObject(bytes);
  if (Object.hasOwn(CLASSES, kind)) return CLASSES[kind as keyof typeof CLASSES].load(bytes);
  throw formatError(`the file holds a ${quoted(kind)}; expected one of ${Object.keys(CLASSES).join(', ')}`);
}
