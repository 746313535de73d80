export * from '../api.js';
export { accuracy } from './accuracy.js';
