import { report } from './report.js';

report(async () => {
  const { init } = await import('center-loss/slim');
  await init(fetch('/node_modules/center-loss/dist/center-loss.wasm'));
  return (await import('./suite-slim.js')).runSuite();
});
