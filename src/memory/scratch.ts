import { allocated } from './views.js';

/** Bytes of scratch memory that are kept. */
const KEPT_BYTES = 2 ** 24;

/** Object of Rust whose memory calls share, made at first use. */
export class Scratch<T extends { free(): void }> {
  private readonly _create: () => T;
  private _object: T | undefined;

  constructor(create: () => T) {
    this._create = create;
  }

  get object(): T {
    this._object ??= this._create();
    return this._object;
  }

  /** Tells an object that calls share from those that users have. */
  holds(object: T): boolean {
    return object === this._object;
  }

  /** Notes how much memory a call took. A huge amount is given back once the program yields, or makes an object. */
  noteBytes(bytes: number): void {
    if (bytes <= KEPT_BYTES) return;
    if (large.size === 0) Promise.resolve().then(releaseLarge);
    large.add(this);
  }

  release(): void {
    this._object?.free();
    this._object = undefined;
  }
}

const large = /* @__PURE__ */ new Set<Scratch<{ free(): void }>>();

function releaseLarge(): void {
  if (large.size === 0) return;
  for (const scratch of large) scratch.release();
  large.clear();
}

/**
 * Returns the object that Rust makes for the caller to keep.
 * @param create gives undefined where memory does not suffice
 * @param length float32 values of its largest array
 * @throws CenterLossError `ERR_OUT_OF_MEMORY`
 */
export function created<T>(create: () => T | undefined, length: number, purpose: () => string): T {
  releaseLarge();
  return allocated(create, length, purpose);
}
