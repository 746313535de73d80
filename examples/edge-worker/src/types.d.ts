declare module '*.safetensors' {
  const bytes: ArrayBuffer;
  export default bytes;
}

/** Variables, secrets and bindings of wrangler.jsonc. */
interface Env {
  /** Namespace; without it, the bundled classifier decides. */
  CLASSIFIERS?: { get(key: string, type: 'arrayBuffer'): Promise<ArrayBuffer | null> };
  /** Without it, calls are not limited. */
  RATE_LIMIT?: { limit(of: { key: string }): Promise<{ success: boolean }> };
  /** True: anybody may call the worker, without a token. */
  PUBLIC?: boolean;
  /** Secret that a request must have. */
  TOKEN?: string;
  /** Milliseconds for the body of a request. */
  BODY_MS: number;
}

/** Types of workerd that this example uses. The complete ones conflict with those of Node. */
interface SubtleCrypto {
  timingSafeEqual(a: ArrayBuffer, b: ArrayBuffer): boolean;
}
declare class FixedLengthStream extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  constructor(length: number);
}
