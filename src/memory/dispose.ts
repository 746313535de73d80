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

/** Object of Rust that is freed once, and refused after that. */
export class Owned<T extends RustObject> {
  private readonly _className: string;
  // A function, behind which no proxy of the owner reaches: Rust's finalizer knows the object only by itself, and would
  // free it once more after a call of `free` on a proxy of it.
  private _get: (() => T) | undefined;

  constructor(className: string, object: T) {
    this._className = className;
    this._get = () => object;
  }

  /** @throws CenterLossError `ERR_DISPOSED` */
  get object(): T {
    if (this._get === undefined) throw disposedError(this._className);
    return this._get();
  }

  free(): void {
    this._get?.().free();
    this._get = undefined;
  }
}
