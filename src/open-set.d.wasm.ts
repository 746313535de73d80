/** The kernels of center-loss/open-set: what `initOpenSetSync` and `initOpenSet` of center-loss/slim/open-set take. */
declare const module: WebAssembly.Module;
export default module;
