import type { Scored, ScoreSettings } from '../detect/classify.js';
import type { ErrorCode } from '../validate/errors.js';

/** First message to a thread: what decides, and the module for an engine of its own. */
export interface Start {
  readonly module: WebAssembly.Module;
  readonly nClasses: number;
  readonly nDim: number;
  /** Centers [nClasses, nDim]. */
  readonly params: Float32Array;
  readonly settings: ScoreSettings;
}

/** Rows to classify [B, nDim]. */
export interface Block {
  readonly x: Float32Array;
  /** True if the thread gives the memory of the rows back with the answer; shared memory stays where it is. */
  readonly isLent: boolean;
}

/** Answer to a {@link Start}, which has no fields; to a {@link Block}; or an error of either. */
export interface Answer extends Partial<Scored> {
  /** Rows that were lent. */
  readonly x?: Float32Array<ArrayBuffer>;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}
