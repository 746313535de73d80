// Runs a suite on the engine in JavaScript, where no WebAssembly could help it out.
Object.defineProperty(globalThis, 'WebAssembly', { value: undefined });
const { accuracy } = await import('center-loss/js');
// The first engine of a process is its only one.
accuracy([0], [0]);
