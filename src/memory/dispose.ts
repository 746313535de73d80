import { CenterLossError } from '../validate/errors.js';

/** `Symbol.dispose`, also where the runtime does not have it yet. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/**
 * Base of the classes that hold WebAssembly memory. Bundlers keep it, since a method has a computed name; they may drop
 * the derived classes.
 */
export abstract class Disposable {
  /** Frees the memory. */
  abstract dispose(): void;

  /** Calls `dispose()` at the end of a `using` block. */
  [dispose](): void {
    this.dispose();
  }
}

/** Error of any use of a disposed object. */
export const disposedError = (className: string): CenterLossError =>
  new CenterLossError('ERR_DISPOSED', `this ${className} was disposed`);

/** Object of Rust with the memory that it owns. */
interface RustObject {
  free(): void;
}

/**
 * Object of Rust that is freed once, and refused after that.
 *
 * A function holds it. No proxy of the owner reaches behind it: Rust's finalizer knows the object only by itself, and
 * would free it once more after a call of `free` on a proxy of it. `structuredClone` and `postMessage` refuse an object
 * with a function instead of losing what it holds.
 */
export class Owned<T extends RustObject> {
  private readonly _className: string;
  private readonly _held: (free: boolean) => T | undefined;

  constructor(className: string, object: T) {
    let held: T | undefined = object;
    this._className = className;
    this._held = (free) => {
      if (free) {
        held?.free();
        held = undefined;
      }
      return held;
    };
  }

  /** @throws CenterLossError `ERR_DISPOSED` */
  get object(): T {
    const object = this._held(false);
    if (object === undefined) throw disposedError(this._className);
    return object;
  }

  free(): void {
    this._held(true);
  }
}
