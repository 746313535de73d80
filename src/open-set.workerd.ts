// The open-set entry for workerd.
import { ClassCenters } from './index.workerd.js';
import * as set from './open-set/core.js';
import module from './open-set.wasm';

export { CenterLossError, ClassCenters, isKnown } from './index.workerd.js';
export type * from './open-set/api.js';

const source = () => set.instantiate(module);
export const accuracy = /* @__PURE__ */ set.provideOpenSet(set.accuracy, source, ClassCenters);
export const classify = /* @__PURE__ */ set.provideOpenSet(set.classify, source, ClassCenters);
export const fitPrecision = /* @__PURE__ */ set.provideOpenSet(set.fitPrecision, source, ClassCenters);
export const fitThreshold = /* @__PURE__ */ set.provideOpenSet(set.fitThreshold, source, ClassCenters);
export const conformalPValues = /* @__PURE__ */ set.provideOpenSet(set.conformalPValues, source, ClassCenters);
export const auroc = /* @__PURE__ */ set.provideOpenSet(set.auroc, source, ClassCenters);
export const auprIn = /* @__PURE__ */ set.provideOpenSet(set.auprIn, source, ClassCenters);
export const auprOut = /* @__PURE__ */ set.provideOpenSet(set.auprOut, source, ClassCenters);
export const fprAtTpr = /* @__PURE__ */ set.provideOpenSet(set.fprAtTpr, source, ClassCenters);
export const oscr = /* @__PURE__ */ set.provideOpenSet(set.oscr, source, ClassCenters);
export const rocCurve = /* @__PURE__ */ set.provideOpenSet(set.rocCurve, source, ClassCenters);
export const openSetMetrics = /* @__PURE__ */ set.provideOpenSet(set.openSetMetrics, source, ClassCenters);
export const CenterLoss = /* @__PURE__ */ set.provideOpenSet(set.CenterLoss, source, ClassCenters);
export const ClassStatistics = /* @__PURE__ */ set.provideOpenSet(set.ClassStatistics, source, ClassCenters);
export const classWeights = /* @__PURE__ */ set.provideOpenSet(set.classWeights, source, ClassCenters);
export const distances = /* @__PURE__ */ set.provideOpenSet(set.distances, source, ClassCenters);
export const fitCenters = /* @__PURE__ */ set.provideOpenSet(set.fitCenters, source, ClassCenters);
export const fromFloat16 = /* @__PURE__ */ set.provideOpenSet(set.fromFloat16, source, ClassCenters);
export const NamedCenters = /* @__PURE__ */ set.provideOpenSet(set.NamedCenters, source, ClassCenters);
export const predict = /* @__PURE__ */ set.provideOpenSet(set.predict, source, ClassCenters);
export const toFloat16 = /* @__PURE__ */ set.provideOpenSet(set.toFloat16, source, ClassCenters);
export const OpenSetClassifier = /* @__PURE__ */ set.provideOpenSet(set.OpenSetClassifier, source, ClassCenters);
export const CACLoss = /* @__PURE__ */ set.provideOpenSet(set.CACLoss, source, ClassCenters);
export const ContrastiveCenterLoss = /* @__PURE__ */ set.provideOpenSet(
  set.ContrastiveCenterLoss,
  source,
  ClassCenters,
);
export const DeepSVDDLoss = /* @__PURE__ */ set.provideOpenSet(set.DeepSVDDLoss, source, ClassCenters);
export const IslandLoss = /* @__PURE__ */ set.provideOpenSet(set.IslandLoss, source, ClassCenters);
export const softmaxCrossEntropy = /* @__PURE__ */ set.provideOpenSet(set.softmaxCrossEntropy, source, ClassCenters);
export const TripletCenterLoss = /* @__PURE__ */ set.provideOpenSet(set.TripletCenterLoss, source, ClassCenters);
