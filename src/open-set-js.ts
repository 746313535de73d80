// The open-set entry for places without WebAssembly.
import { ClassCenters } from './js.js';
import * as set from './open-set/core.js';
import { instantiate as source } from './open-set-js-engine.js';

export { CenterLossError, ClassCenters, isKnown } from './js.js';
export type * from './open-set/api.js';

export const accuracy = /* @__PURE__ */ set.provideOpenSet(set.accuracy, source, ClassCenters);
export const CenterLoss = /* @__PURE__ */ set.provideOpenSet(set.CenterLoss, source, ClassCenters);
export const ClassStatistics = /* @__PURE__ */ set.provideOpenSet(set.ClassStatistics, source, ClassCenters);
export const classWeights = /* @__PURE__ */ set.provideOpenSet(set.classWeights, source, ClassCenters);
export const distances = /* @__PURE__ */ set.provideOpenSet(set.distances, source, ClassCenters);
export const fitCenters = /* @__PURE__ */ set.provideOpenSet(set.fitCenters, source, ClassCenters);
export const fromFloat16 = /* @__PURE__ */ set.provideOpenSet(set.fromFloat16, source, ClassCenters);
export const NamedCenters = /* @__PURE__ */ set.provideOpenSet(set.NamedCenters, source, ClassCenters);
export const predict = /* @__PURE__ */ set.provideOpenSet(set.predict, source, ClassCenters);
export const toFloat16 = /* @__PURE__ */ set.provideOpenSet(set.toFloat16, source, ClassCenters);
