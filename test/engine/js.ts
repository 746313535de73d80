// Runs a suite on the engine in JavaScript, without WebAssembly.
Object.defineProperty(globalThis, 'WebAssembly', { value: undefined });
const { accuracy } = await import('center-loss/js');
// The first engine of a process is its only one.
accuracy([0], [0]);
