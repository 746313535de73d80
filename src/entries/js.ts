// The entry of runtimes without WebAssembly: the same crate, translated to JavaScript.
import { type Engine, imports, RANK, registerEngine } from '../engine/engine.js';
import { jsEngine } from './js-engine.js';

export * from '../index.js';

registerEngine(() => jsEngine(imports) as Engine, RANK.js);
