/** What went wrong, as `error.code`. */
export type ErrorCode =
  /** A length or type that does not fit the others. */
  | 'ERR_SHAPE'
  /** A label that is no integer or that no class has. */
  | 'ERR_LABEL'
  /** An option or a constructor argument out of its range. */
  | 'ERR_OPTION'
  /** Use after `dispose()`. */
  | 'ERR_DISPOSED'
  /** WebAssembly memory could not grow as far as this call needs. */
  | 'ERR_OUT_OF_MEMORY'
  /** The runtime does not let WebAssembly be compiled. */
  | 'ERR_WASM_BLOCKED'
  /** Bytes that are not of the format they should be. */
  | 'ERR_FORMAT';

/** Every error that this package throws: `code` for programs, the values at fault in `message` for people. */
export class CenterLossError extends Error {
  override readonly name = 'CenterLossError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
