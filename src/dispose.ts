import { CenterLossError } from './errors.js';

/** `Symbol.dispose`, also where the runtime has none of its own yet. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

/** The error for any use of a disposed object. */
export function disposedError(what: string): CenterLossError {
  return new CenterLossError('ERR_DISPOSED', `this ${what} was disposed; its memory is gone`);
}
