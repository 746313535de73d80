declare module '*.safetensors' {
  const bytes: ArrayBuffer;
  export default bytes;
}

interface Env {
  /** Namespace of wrangler.jsonc; without it, the bundled classifier decides. */
  CLASSIFIERS?: { get(key: string, type: 'arrayBuffer'): Promise<ArrayBuffer | null> };
}
