// @ts-check
// Rewrites the tables in docs/performance.md from bench/report.json: `node bench/docs.js`, after a whole bench.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fill, tables } from './markdown.js';

const REPORT = fileURLToPath(new URL('report.json', import.meta.url));
const DOCUMENT = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

/** @type {import('./main.js').Report} */
const report = JSON.parse(readFileSync(REPORT, 'utf8'));
if (!report.whole) throw new Error('the last bench had a filter or --quick: run ./build.sh bench without');
writeFileSync(DOCUMENT, fill(readFileSync(DOCUMENT, 'utf8'), tables(report)));
