// Usage: node run.js PROGRAM — prints how long its import takes, and then its first loss.
import './data.js';

const started = performance.now();
const { default: firstLoss } = await import(`./${process.argv[2]}.js`);
const imported = performance.now();
const loss = await firstLoss();
const done = performance.now();
console.log(JSON.stringify({ importing: imported - started, after: done - imported, both: done - started, loss }));
