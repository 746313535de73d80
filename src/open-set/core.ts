// All that the open-set entries share, as one file beside the core's.
export { accuracy } from './accuracy.js';
export { CenterLoss } from './center-loss.js';
export { ClassStatistics } from './class-statistics.js';
export { classWeights } from './class-weights.js';
export { distances, predict } from './distances.js';
export { fitCenters } from './fit-centers.js';
export { fromFloat16, toFloat16 } from './half.js';
export { instantiate, isOpenSetLoaded, loadOpenSet, provideOpenSet } from './load.js';
export { NamedCenters } from './named-centers.js';
