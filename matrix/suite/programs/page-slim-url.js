import { init, initOpenSet } from 'center-loss/slim/open-set';
import { report } from './report.js';

report(async () => {
  await init(new URL('center-loss/center-loss.wasm', import.meta.url));
  await initOpenSet(new URL('center-loss/open-set.wasm', import.meta.url));
  return (await import('./suite-slim.js')).runSuite();
});
