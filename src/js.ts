// The entry for places without WebAssembly: the same crate, translated to JavaScript.
import * as core from './core.js';
import { instantiate } from './js-engine.js';

export type * from './api.js';
export { CenterLossError, isKnown } from './core.js';

export const CenterLoss = /* @__PURE__ */ core.provide(core.CenterLoss, instantiate);
export const ClassCenters = /* @__PURE__ */ core.provide(core.ClassCenters, instantiate);
