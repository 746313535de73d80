// The open-set entry for places without WebAssembly.
import { ClassCenters } from './js.js';
import * as set from './open-set/core.js';
import { instantiate as source } from './open-set-js-engine.js';

export { CenterLoss, CenterLossError, ClassCenters, isKnown } from './js.js';
export type * from './open-set/api.js';

export const accuracy = /* @__PURE__ */ set.provideOpenSet(set.accuracy, source, ClassCenters);
