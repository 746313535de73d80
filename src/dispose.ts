import { CenterLossError } from './errors.js';

/** `Symbol.dispose`, also where the runtime has none of its own yet. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/**
 * What holds WebAssembly memory. A class of its own, since no bundler leaves out a class that computes a name, though
 * nobody uses it: this way it is this one alone.
 */
export abstract class HoldsMemory {
  /** Frees its memory. */
  abstract dispose(): void;

  [dispose](): void {
    this.dispose();
  }
}

/** The error for any use of a disposed object. */
export function disposedError(what: string): CenterLossError {
  return new CenterLossError('ERR_DISPOSED', `this ${what} was disposed; its memory is gone`);
}
