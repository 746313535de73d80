// The open-set entry of every runtime that has no condition of its own: the bytes of its module are inside.
import { decodeHex } from './hex.js';
import { ClassCenters as CoreCenters } from './index.js';
import * as set from './open-set/core.js';
import { hex } from './wasm/open-set-bytes.js';

export { CenterLossError, isKnown } from './index.js';
export type * from './open-set/api.js';

const source = () => set.instantiate(decodeHex(hex));
const from = <Api>(api: Api): Api => set.provideOpenSet(api, source, CoreCenters);
export const accuracy = /* @__PURE__ */ from(set.accuracy);
export const auprIn = /* @__PURE__ */ from(set.auprIn);
export const auprOut = /* @__PURE__ */ from(set.auprOut);
export const auroc = /* @__PURE__ */ from(set.auroc);
export const CACLoss = /* @__PURE__ */ from(set.CACLoss);
export const CenterLoss = /* @__PURE__ */ from(set.CenterLoss);
export const ClassCenters = /* @__PURE__ */ from(set.ClassCenters);
export const ClassStatistics = /* @__PURE__ */ from(set.ClassStatistics);
export const ContrastiveCenterLoss = /* @__PURE__ */ from(set.ContrastiveCenterLoss);
export const classify = /* @__PURE__ */ from(set.classify);
export const classWeights = /* @__PURE__ */ from(set.classWeights);
export const conformalPValues = /* @__PURE__ */ from(set.conformalPValues);
export const DeepSVDDLoss = /* @__PURE__ */ from(set.DeepSVDDLoss);
export const distances = /* @__PURE__ */ from(set.distances);
export const fitPrecision = /* @__PURE__ */ from(set.fitPrecision);
export const fitThreshold = /* @__PURE__ */ from(set.fitThreshold);
export const fprAtTpr = /* @__PURE__ */ from(set.fprAtTpr);
export const fromFloat16 = /* @__PURE__ */ from(set.fromFloat16);
export const IslandLoss = /* @__PURE__ */ from(set.IslandLoss);
export const NamedCenters = /* @__PURE__ */ from(set.NamedCenters);
export const OpenSetClassifier = /* @__PURE__ */ from(set.OpenSetClassifier);
export const openSetMetrics = /* @__PURE__ */ from(set.openSetMetrics);
export const oscr = /* @__PURE__ */ from(set.oscr);
export const predict = /* @__PURE__ */ from(set.predict);
export const rocCurve = /* @__PURE__ */ from(set.rocCurve);
export const softmaxCrossEntropy = /* @__PURE__ */ from(set.softmaxCrossEntropy);
export const TripletCenterLoss = /* @__PURE__ */ from(set.TripletCenterLoss);
export const toFloat16 = /* @__PURE__ */ from(set.toFloat16);
