// @ts-check

export { fill } from './report.js';
