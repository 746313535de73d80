import { Disposable } from '../memory/dispose.js';
import { show } from '../validate/checks.js';
import { fromBase64, toBase64 } from './base64.js';
import { formatError, quoted } from './errors.js';
import { FORMAT, VERSION } from './saved-object.js';

/** Bytes of `save()` in JSON: what `toJSON` gives and `fromJSON` takes. */
export interface SavedJson {
  /** Mark of this package. */
  readonly format: typeof FORMAT;
  /** Version of the form. */
  readonly version: typeof VERSION;
  /** The file, in base64. */
  readonly base64: string;
}

/** Base of the classes that can be saved. */
export abstract class Saveable extends Disposable {
  /** Writes the object as a safetensors file, every float exactly. */
  abstract save(): Uint8Array<ArrayBuffer>;

  /** Writes the bytes of `save()` as plain data, for `JSON.stringify`. Throws as `save()`. */
  toJSON(): SavedJson {
    return { format: FORMAT, version: VERSION, base64: toBase64(this.save()) };
  }
}

/**
 * Decodes the bytes of what `toJSON` gave, after `JSON.parse`.
 * @throws CenterLossError `ERR_FORMAT` for anything else, `ERR_OUT_OF_MEMORY`
 */
export function bytesOfJson(value: unknown): Uint8Array<ArrayBuffer> {
  if (typeof value !== 'object' || value === null) {
    throw formatError(`expected the object that toJSON gave, got ${show(value)}`);
  }
  const { format, version, base64, ...more } = fieldsOf(value);
  if (format !== FORMAT) throw formatError(`format must be "${FORMAT}", got ${show(format)}`);
  if (version !== VERSION) throw formatError(`version must be ${VERSION}, got ${show(version)}: save the object again`);
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) throw formatError(`${quoted(unknown)} is not part of version ${VERSION}`);
  if (typeof base64 !== 'string') throw formatError(`base64 must be a string, got ${show(base64)}`);
  return fromBase64(base64);
}

/** Copies the fields of what may be a proxy. @throws CenterLossError `ERR_FORMAT` if one refuses to be read */
function fieldsOf(value: object): Record<string, unknown> {
  try {
    return { ...value };
  } catch (cause) {
    throw formatError('expected the object that toJSON gave, got one that cannot be read', { cause });
  }
}
