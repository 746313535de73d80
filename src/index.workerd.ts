// The entry for workerd, which compiles no bytes: there the import of a .wasm file is a module.
import * as api from './api.js';
import module from './center-loss.wasm';
import { provide } from './load.js';
import { instantiate } from './wasm.js';

export * from './api.js';

const source = () => instantiate(module);
export const CenterLoss = /* @__PURE__ */ provide(api.CenterLoss, source);
export const ClassCenters = /* @__PURE__ */ provide(api.ClassCenters, source);
