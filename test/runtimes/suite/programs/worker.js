import { runSuite } from './suite.js';

runSuite().then(postMessage, (error) => postMessage({ error: String(error.stack) }));
