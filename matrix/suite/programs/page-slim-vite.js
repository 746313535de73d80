import url from 'center-loss/center-loss.wasm?url';
import openSetUrl from 'center-loss/open-set.wasm?url';
import { init, initOpenSet } from 'center-loss/slim/open-set';
import { report } from './report.js';

report(async () => {
  await init(url);
  await initOpenSet(openSetUrl);
  return (await import('./suite-slim.js')).runSuite();
});
