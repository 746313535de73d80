// The entry for places without WebAssembly: the same crate, translated to JavaScript.
import * as api from './api.js';
import { instantiate } from './js-engine.js';
import { provide } from './load.js';

export * from './api.js';

export const CenterLoss = /* @__PURE__ */ provide(api.CenterLoss, instantiate);
export const ClassCenters = /* @__PURE__ */ provide(api.ClassCenters, instantiate);
