import { encodeHex } from '../hex.js';
import type { ClassifierJson } from '../open-set/api.js';
import { OpenSetClassifier } from '../open-set/core.js';
import { formatError } from './errors.js';
import { loadCenters, type SavedCenters } from './load-centers.js';
import type { Kind } from './saved.js';

const KIND_OF_CLASSIFIERS: Kind = 'OpenSetClassifier';

/**
 * The classifier that `saveCenters` has written, as it was: it decides the same of every row, and fits the same anew.
 *
 * It has memory of an engine, which an entry of the package brings: `center-loss/open-set`, or one of its forms, must
 * have been imported.
 * @throws CenterLossError as `loadCenters`, and `ERR_FORMAT` for a file of anything else; `ERR_NOT_INITIALIZED` without
 * an engine, `ERR_OUT_OF_MEMORY`
 */
export function loadClassifier(file: Uint8Array | ArrayBuffer): OpenSetClassifier {
  const saved = loadCenters(file);
  if (saved.kind !== KIND_OF_CLASSIFIERS) {
    throw formatError(
      `the file holds ${saved.kind ? `a ${saved.kind}` : 'centers'}, no classifier: new OpenSetClassifier(loadCenters(file), options) makes one of it`,
    );
  }
  return OpenSetClassifier.fromJSON(asJson(saved));
}

/** As the class itself saves it: it checks the rest. */
function asJson({ params, nClasses, nFeatures, radius, precision, thresholds, config }: SavedCenters): unknown {
  const { score, metric = null, fitted = [] } = config;
  const floats = (value: number | Float32Array | undefined) =>
    value === undefined ? null : encodeHex(typeof value === 'number' ? Float32Array.of(value) : value);
  const threshold = typeof thresholds === 'number' ? Float64Array.of(thresholds) : thresholds;
  return {
    format: 'center-loss/open-set-classifier',
    version: 1,
    nClasses,
    nFeatures,
    score,
    metric,
    centers: encodeHex(params),
    radius: floats(radius),
    precision: floats(precision),
    threshold: threshold ? encodeHex(threshold) : null,
    perClass: typeof thresholds === 'object',
    fitted,
  } satisfies Record<keyof ClassifierJson, unknown>;
}
