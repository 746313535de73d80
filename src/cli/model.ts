import { loadCenters, loadClassifier, type SavedCenters } from '../files/index.js';
import type { OpenSetClassifier as Classifier, Metric, Score, ScoreOptions } from '../open-set/api.js';
import { OpenSetClassifier } from '../open-set.js';
import type { Classes } from './classes.js';
import { Failure, inFile } from './failure.js';
import { beginsAsSafetensors } from './open.js';
import { readWhole } from './read-whole.js';

export interface ModelOptions {
  /** Which tensor holds the centers, in a file that is not of ours. */
  readonly modelTensor?: string | undefined;
  readonly score?: Score | undefined;
  readonly metric?: Metric | undefined;
  readonly threshold?: number | undefined;
}

export interface Model extends Classes {
  readonly classifier: Classifier;
  readonly saved: SavedCenters;
}

/**
 * What classifies, from a file of a classifier or of any centers. What the command line says goes before the file; a
 * threshold of the file holds only for the score that it was fitted to.
 */
export async function loadModel(path: string, options: ModelOptions): Promise<Model> {
  const bytes = await readWhole(path);
  return inFile(path, () => {
    const { modelTensor: tensor, score, metric, threshold } = options;
    const saved = centersIn(path, bytes, tensor);
    const { nClasses, names } = saved;
    const isAsSaved = score === undefined && metric === undefined && threshold === undefined;
    const classifier =
      isAsSaved && saved.kind === 'OpenSetClassifier'
        ? loadClassifier(bytes)
        : new OpenSetClassifier(saved, settings(saved, options));
    return { classifier, saved, nClasses, names };
  });
}

/** Centers of a file that is said to have some: for `inFile`. */
export function centersIn(path: string, bytes: Uint8Array, tensor: string | undefined): SavedCenters {
  if (!beginsAsSafetensors(bytes)) {
    throw new Failure(`${path}: centers are in a .safetensors file, of fit for one, which this is not`);
  }
  return loadCenters(bytes, tensor === undefined ? {} : { tensor });
}

function settings(saved: SavedCenters, { score, metric, threshold }: ModelOptions): ScoreOptions {
  const { config, radius, precision, thresholds } = saved;
  const chosen = { score: score ?? (config.score as Score | undefined) ?? 'distance', metric };
  const ofFile = config.metric as Metric | undefined;
  const isSameScore = chosen.score === config.score && (metric === undefined || metric === ofFile);
  const found = {
    score: chosen.score,
    // Those two scores have a metric of their own.
    metric: metric ?? (chosen.score === 'mahalanobis' || chosen.score === 'cac' ? undefined : ofFile),
    radius: chosen.score === 'normalized' ? radius : undefined,
    precision: chosen.score === 'mahalanobis' ? precision : undefined,
    threshold: threshold ?? (isSameScore ? thresholds : undefined),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
