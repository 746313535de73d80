// An object of every class that holds memory: every suite that tries all of them walks over this list.
import {
  CenterLoss,
  ClassCenters,
  ClassStatistics,
  DeepSVDDLoss,
  OpenSetClassifier,
  type ProxyLoss,
} from 'center-loss';
import { PROXY_LOSS_NAMES, PROXY_LOSSES } from './proxy-losses.js';

/** Makers of objects of 2 classes in 2 dimensions, by the names of their classes. */
export const OBJECTS: Record<string, () => { dispose(): void }> = {
  ClassCenters: () => new ClassCenters(2, 2),
  CenterLoss: () => new CenterLoss(2, 2),
  Batch: () => new CenterLoss(2, 2).batch(1),
  ClassStatistics: () => new ClassStatistics(2, 2, { covariance: 'tied' }),
  DeepSVDDLoss: () => new DeepSVDDLoss(2, { center: [1, 2] }),
  OpenSetClassifier: () => new OpenSetClassifier({ params: [1, 2, 3, 4], nClasses: 2, nDim: 2 }),
  ...Object.fromEntries(PROXY_LOSS_NAMES.map((name) => [name, (): ProxyLoss => new PROXY_LOSSES[name].Loss(2, 2)])),
};

/** Names of the members of an object, those of its base classes too. */
export function membersOf(object: object): string[] {
  const type = Object.getPrototypeOf(object);
  return type === Object.prototype ? [] : [...Object.getOwnPropertyNames(type), ...membersOf(type)];
}
