import { report } from './report.js';

report(async () => {
  const { init, initOpenSet } = await import('center-loss/slim/open-set');
  await init(fetch('/node_modules/center-loss/dist/center-loss.wasm'));
  await initOpenSet(fetch('/node_modules/center-loss/dist/open-set.wasm'));
  return (await import('./suite-slim.js')).runSuite();
});
