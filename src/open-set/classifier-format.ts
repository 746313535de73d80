import { CenterLossError, type Floats } from '../core.js';
import { decodeHex, encodeHex } from '../hex.js';
import type { Score, ScoreOptions, ScoreSettings } from './classify.js';
import type { Metric } from './metric.js';

// An open-set classifier as plain data. Floats are the hexadecimal digits of their bytes, in the order of the memory that
// WebAssembly has everywhere (the lowest first): as decimal numbers they would be twice as long, and JSON has no infinity.

/** A classifier as plain data, for `JSON.stringify`; strings of digits are the bytes of little-endian floats. */
export interface ClassifierJson {
  readonly format: 'center-loss/open-set-classifier';
  readonly version: 1;
  readonly nClasses: number;
  readonly nFeatures: number;
  readonly score: Score;
  /** null: that of the score alone. */
  readonly metric: Metric | null;
  /** [nClasses, nFeatures] of float32 */
  readonly centers: string;
  /** [1] or [nClasses] of float32 */
  readonly radius: string | null;
  /** [nFeatures] of float32 */
  readonly precision: string | null;
  /** [1] or, if `perClass`, [nClasses] of float64 */
  readonly threshold: string | null;
  readonly perClass: boolean;
  /** Which of radius and precision were fitted, and will be anew. */
  readonly fitted: readonly ('radius' | 'precision')[];
}

const FORMAT = 'center-loss/open-set-classifier';
const VERSION = 1;

/** Whether the constructor was given what else would be fitted. */
export interface Given {
  readonly radius: boolean;
  readonly precision: boolean;
}

interface Centers {
  readonly params: Float32Array;
  readonly nClasses: number;
  readonly nFeatures: number;
}

export function encodeClassifier(
  { params, nClasses, nFeatures }: Centers,
  { score, metric, radius, precision, threshold, perClass }: ScoreSettings,
  given: Given,
): ClassifierJson {
  const fitted: ('radius' | 'precision')[] = [];
  if (radius && !given.radius) fitted.push('radius');
  if (precision && !given.precision) fitted.push('precision');
  return {
    format: FORMAT,
    version: VERSION,
    nClasses,
    nFeatures,
    score,
    metric: score === 'mahalanobis' ? null : metric,
    centers: encodeHex(params),
    radius: radius ? encodeHex(radius) : null,
    precision: precision ? encodeHex(precision) : null,
    threshold: threshold ? encodeHex(threshold) : null,
    perClass,
    fitted,
  };
}

/**
 * The arguments of the constructor, which checks them further, and what was not given to it at first.
 * @throws CenterLossError `ERR_FORMAT`
 */
export function decodeClassifier(value: unknown): { centers: Centers; options: ScoreOptions; given: Given } {
  if (typeof value !== 'object' || value === null) {
    throw formatError(`an object that toJSON made is needed, got ${value === null ? 'null' : `a ${typeof value}`}`);
  }
  const data = value as Record<string, unknown>;
  if (data.format !== FORMAT) throw formatError(`format must be "${FORMAT}", got ${JSON.stringify(data.format)}`);
  if (data.version !== VERSION) {
    throw formatError(`version ${JSON.stringify(data.version)} is not one that this package knows: ${VERSION}`);
  }
  const stranger = Object.keys(data).find((key) => !NAMES.includes(key as keyof ClassifierJson));
  if (stranger !== undefined) throw formatError(`there is no ${JSON.stringify(stranger)} in version ${VERSION}`);
  const missing = NAMES.find((name) => !(name in data));
  if (missing !== undefined) throw formatError(`${missing} is missing`);
  const [nClasses, nFeatures] = [count(data, 'nClasses'), count(data, 'nFeatures')];
  const { perClass, fitted } = data;
  if (typeof perClass !== 'boolean')
    throw formatError(`perClass must be true or false, got ${JSON.stringify(perClass)}`);
  if (!Array.isArray(fitted) || fitted.some((name) => !(name in NOT_FITTED && typeof data[name] === 'string'))) {
    throw formatError(`fitted must name what is there of radius and precision, got ${JSON.stringify(fitted)}`);
  }
  const params = floats(data, 'centers', Float32Array);
  if (params?.length !== nClasses * nFeatures) {
    throw formatError(`centers has ${params?.length ?? 'no'} values, not ${nClasses} × ${nFeatures}`);
  }
  const radius = floats(data, 'radius', Float32Array);
  const precision = floats(data, 'precision', Float32Array);
  const threshold = floats(data, 'threshold', Float64Array);
  const options: { -readonly [Name in keyof ScoreOptions]: ScoreOptions[Name] } = { score: data.score as Score };
  if (data.metric !== null) options.metric = data.metric as Metric;
  if (radius) options.radius = radius.length === 1 ? (radius[0] as number) : radius;
  if (precision) options.precision = precision;
  if (threshold) options.threshold = perClass ? threshold : single(threshold);
  const isGiven = (name: keyof Given) => data[name] !== null && !fitted.includes(name);
  const given = { radius: isGiven('radius'), precision: isGiven('precision') };
  return { centers: { params, nClasses, nFeatures }, options, given };
}

const NOT_FITTED = { radius: true, precision: true };

const NAMES = Object.keys({
  format: true,
  version: true,
  nClasses: true,
  nFeatures: true,
  score: true,
  metric: true,
  centers: true,
  radius: true,
  precision: true,
  threshold: true,
  perClass: true,
  fitted: true,
} satisfies Record<keyof ClassifierJson, true>) as (keyof ClassifierJson)[];

/** The error for data that is not as it should be. */
export function formatError(problem: string, options?: ErrorOptions): CenterLossError {
  return new CenterLossError('ERR_FORMAT', `this is no open-set classifier: ${problem}`, options);
}

function count(data: Record<string, unknown>, name: string): number {
  const value = data[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw formatError(`${name} must be a positive integer, got ${JSON.stringify(value)}`);
}

function single(values: Floats): number {
  if (values.length === 1) return values[0] as number;
  throw formatError(`threshold has ${values.length} values, but perClass is false`);
}

function floats<F extends Float32Array | Float64Array>(
  data: Record<string, unknown>,
  name: string,
  type: { new (buffer: ArrayBuffer): F; readonly BYTES_PER_ELEMENT: number },
): F | undefined {
  const digits = data[name];
  if (digits === null) return undefined;
  if (typeof digits !== 'string' || !/^(?:[0-9a-f]{2})*$/.test(digits)) {
    throw formatError(`${name} must be small hexadecimal digits, two a byte, or null`);
  }
  if ((digits.length / 2) % type.BYTES_PER_ELEMENT !== 0) {
    throw formatError(`${name} has ${digits.length / 2} bytes, which are no whole floats of ${type.BYTES_PER_ELEMENT}`);
  }
  // A copy: what a runtime decodes may stand anywhere in a larger buffer.
  return new type(Uint8Array.from(decodeHex(digits)).buffer);
}
