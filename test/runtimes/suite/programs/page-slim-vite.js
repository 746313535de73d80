import url from 'center-loss/center-loss.wasm?url';
import { init } from 'center-loss/slim';
import { report } from './report.js';

report(async () => {
  await init(url);
  return (await import('./suite-slim.js')).runSuite();
});
