import { CenterLossError } from './errors.js';
import { base64 } from './wasm/bytes.js';
import * as kernels from './wasm/kernels.js';

/** The module's functions and its memory. */
export interface Core {
  readonly kernels: typeof kernels;
  readonly memory: WebAssembly.Memory;
}

let core: Core | undefined;

/** The one instance of the WebAssembly module: compiled at first use, so that an import costs nothing. */
export function loadCore(): Core {
  core ??= instantiate();
  return core;
}

function instantiate(): Core {
  try {
    // One `try` for both steps: under a content security policy WebKit compiles and refuses only the instance.
    const { memory } = kernels.initSync({ module: new WebAssembly.Module(decode(base64)) });
    return { kernels, memory };
  } catch (cause) {
    throw new CenterLossError(
      'ERR_WASM_BLOCKED',
      `WebAssembly can't be compiled here (${cause}). A page needs 'wasm-unsafe-eval' in the script-src of its content security policy.`,
      { cause },
    );
  }
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  const fromBase64 = (Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (fromBase64) return fromBase64.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  // A plain loop: `Uint8Array.from` with a callback takes ten times as long.
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
