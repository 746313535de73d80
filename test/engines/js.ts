// Runs a suite on the kernels in JavaScript, where no WebAssembly could help them out.
Object.defineProperty(globalThis, 'WebAssembly', { value: undefined });
const { ClassCenters } = await import('center-loss/js');
// The first engine of a process is its only one.
new ClassCenters(1, 1).dispose();
