// @ts-check
// Usage: node continue.js IN X.npy TARGET.npy OUT — adds rows to statistics that were written elsewhere.
import { readFileSync, writeFileSync } from 'node:fs';
import { ClassStatistics, readNpy } from 'center-loss';

const [from = '', x = '', target = '', out = ''] = process.argv.slice(2);
const statistics = ClassStatistics.load(readFileSync(from));
const rows = /** @type {Float32Array} */ (readNpy(readFileSync(x)).data);
statistics.add(rows, /** @type {Int32Array} */ (readNpy(readFileSync(target)).data));
writeFileSync(out, statistics.save());
