// The entry of workerd, which compiles no bytes: there the import of a .wasm file gives a module.
import { instantiate, RANK, registerEngine } from '../engine/engine.js';
import module from './center-loss.wasm';

export * from '../index.js';

registerEngine(() => instantiate(module), RANK.wasm);
