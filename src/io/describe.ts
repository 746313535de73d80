import { CenterLoss, CenterLossError, ClassCenters, type Floats } from '../core.js';
import { ClassStatistics, NamedCenters, CenterLoss as OpenSetCenterLoss, OpenSetClassifier } from '../open-set/core.js';
import type { Config, Kind } from './saved.js';

/** Whatever has centers. */
export type Saveable = ClassCenters | CenterLoss | OpenSetClassifier | ClassStatistics | NamedCenters;

/** What belongs to centers, and is there or not. */
export interface Belongings {
  readonly names: readonly string[];
  readonly counts: Floats | Uint32Array;
  readonly radius: number | Floats;
  readonly thresholds: number | Floats;
}

/** What there is to save of an object. */
export interface Described {
  readonly kind: Kind;
  /** Read at once: it may be a view. */
  readonly params: Float32Array;
  readonly nClasses: number;
  readonly nFeatures: number;
  readonly config: Config;
  /** What the object has or may have, so that nobody else says it. */
  readonly own: { readonly [Name in keyof Belongings]?: Belongings[Name] | undefined };
  readonly precision?: Float32Array | undefined;
}

/** @throws CenterLossError `ERR_OPTION` for an object that has no centers, `ERR_DISPOSED`, `ERR_OUT_OF_MEMORY` */
export function describe(object: Saveable): Described {
  if (object instanceof ClassCenters) {
    return { kind: 'ClassCenters', ...shape(object), config: { fixed: object.fixed }, own: {} };
  }
  if (object instanceof CenterLoss) return ofLoss(object);
  if (object instanceof OpenSetClassifier) return ofClassifier(object);
  if (object instanceof ClassStatistics) {
    const { covariance, forgetting, counts } = object;
    return {
      kind: 'ClassStatistics',
      ...copied(object.toCenters()),
      config: { covariance, forgetting },
      own: { counts },
    };
  }
  if (object instanceof NamedCenters) {
    const { names } = object;
    const counts = names.map((name) => object.count(name));
    return { kind: 'NamedCenters', ...copied(object.toCenters()), config: {}, own: { names, counts } };
  }
  const type = Object.prototype.toString.call(object).slice(8, -1);
  throw new CenterLossError('ERR_OPTION', `only what has centers can be saved, got ${type}`);
}

const shape = ({ params, nClasses, nFeatures }: ClassCenters) => ({ params, nClasses, nFeatures });

/** Of centers that were made for this alone. */
function copied(centers: ClassCenters): Pick<Described, 'params' | 'nClasses' | 'nFeatures'> {
  const found = { ...shape(centers), params: centers.params.slice() };
  centers.dispose();
  return found;
}

/** The options that are not as the core has them are named only if they are used: the core can load what it can do. */
function ofLoss(loss: CenterLoss): Described {
  const { fixed, reduction, radius } = loss;
  const common = { kind: 'CenterLoss' as const, ...shape(loss.centers) };
  if (!(loss instanceof OpenSetCenterLoss)) return { ...common, config: { fixed, reduction }, own: { radius } };
  const { metric, penalty } = loss;
  const config = {
    ...{ fixed, reduction },
    ...(metric !== 'sqeuclidean' && { metric }),
    ...(penalty !== 'hinge' && { penalty }),
  };
  return { ...common, config, own: { radius: Number.isNaN(radius) ? loss.radii : radius } };
}

function ofClassifier(classifier: OpenSetClassifier): Described {
  const { score, metric, radius, threshold, precision, nClasses } = classifier;
  const { fitted } = classifier.toJSON();
  return {
    kind: 'OpenSetClassifier',
    ...shape(classifier.centers),
    config: { score, ...(metric && { metric }), ...(fitted.length > 0 && { fitted }) },
    own: { radius: radius?.length === nClasses ? radius : radius?.[0], thresholds: threshold },
    precision,
  };
}
