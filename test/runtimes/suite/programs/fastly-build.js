// Fastly runs a program once while it builds it. That is when the suite runs here, which needs no server of theirs; the
// clock, timers and signals of a request are not there yet, and no test waits for one.
performance.now = () => Date.now();
globalThis.setTimeout = () => 0;
globalThis.clearTimeout = () => {};
globalThis.AbortController ??= class {
  signal = { aborted: false, addEventListener() {}, removeEventListener() {} };
  abort() {}
};
