// All that the open-set entries share, as one file beside the core's.
export { accuracy } from './accuracy.js';
export { classify } from './classify.js';
export { instantiate, isOpenSetLoaded, loadOpenSet, provideOpenSet } from './load.js';
export { fitPrecision } from './precision.js';
export { auprIn, auprOut, auroc, fprAtTpr, openSetMetrics, oscr, rocCurve } from './ranking.js';
export { conformalPValues, fitThreshold } from './threshold.js';
