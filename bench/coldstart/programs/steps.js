// Usage: node steps.js PACKAGE — the steps to the first loss, each by the clock. The engine's own are told apart by
// what it calls for them.
import { C, centers, D, target, x } from './data.js';

const spent = { decode: 0, compile: 0, instantiate: 0 };

const clocked =
  (step, act) =>
  (...parameters) => {
    const started = performance.now();
    try {
      return act(...parameters);
    } finally {
      spent[step] += performance.now() - started;
    }
  };
const clockedClass = (step, Class) =>
  new Proxy(Class, { construct: clocked(step, (target, parameters) => Reflect.construct(target, parameters)) });

// What the clocks take at their first use is not the package's.
const warmUp = clocked('decode', () => {});
for (let i = 0; i < 5; i++) warmUp();
spent.decode = 0;

Buffer.from = clocked('decode', Buffer.from.bind(Buffer));
if (Uint8Array.fromHex) Uint8Array.fromHex = clocked('decode', Uint8Array.fromHex.bind(Uint8Array));
WebAssembly.Module = clockedClass('compile', WebAssembly.Module);
WebAssembly.Instance = clockedClass('instantiate', WebAssembly.Instance);

const start = performance.now();
const { CenterLoss } = await import(process.argv[2]);
const imported = performance.now();
const figures = { importing: imported - start };
if (CenterLoss) {
  const centerLoss = new CenterLoss(C, D, { reduction: 'sum', init: centers });
  const constructed = performance.now();
  const loss = centerLoss.evaluate(x, target);
  const done = performance.now();
  centerLoss.evaluate(x, target);
  const again = performance.now() - done;
  const engine = spent.decode + spent.compile + spent.instantiate;
  const construct = constructed - imported - engine;
  Object.assign(figures, { ...spent, construct, evaluate: done - constructed, again, ms: done - start, loss });
}
console.log(JSON.stringify(figures));
