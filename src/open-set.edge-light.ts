// The open-set entry for Vercel's edge runtime.
import { ClassCenters } from './index.edge-light.js';
import * as set from './open-set/core.js';
import module from './open-set.wasm?module';

export { CenterLossError, ClassCenters, isKnown } from './index.edge-light.js';
export type * from './open-set/api.js';

const source = () => set.instantiate(module);
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
