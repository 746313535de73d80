// The kernels as JavaScript and nothing else. This entry imports no module: a chunk that is loaded while its importer waits
// at top level must not wait for that importer in turn.
import type { JsEngine } from '../index.js';
import { translated } from '../wasm/translated.js';

/** The kernels as JavaScript, for {@link ensureEngine}. */
export const jsEngine: JsEngine = translated;
