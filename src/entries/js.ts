// The entry of runtimes without WebAssembly: the same crate, translated to JavaScript.
import { imports, registerEngine } from '../engine/engine.js';
import { translated } from '../wasm/translated.js';

export * from '../index.js';

registerEngine(() => translated(imports));
