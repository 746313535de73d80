import { init } from 'center-loss/slim';
import { report } from './report.js';

report(async () => {
  await init(new URL('center-loss/center-loss.wasm', import.meta.url));
  return (await import('./suite-slim.js')).runSuite();
});
