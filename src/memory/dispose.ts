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
  /** A function, so that `structuredClone` and `postMessage` refuse the object instead of losing what it holds. */
  private readonly _disposedError: () => CenterLossError;
  private _object: T | undefined;

  constructor(className: string, object: T) {
    this._disposedError = () => disposedError(className);
    this._object = object;
  }

  /** @throws CenterLossError `ERR_DISPOSED` */
  get object(): T {
    if (this._object === undefined) throw this._disposedError();
    return this._object;
  }

  free(): void {
    this._object?.free();
    this._object = undefined;
  }
}
