import { C, centers, D, report, target, x } from './data.js';

await report(async () => {
  const { CenterLoss } = await import('center-loss/js');
  return () => new CenterLoss(C, D, { reduction: 'sum', init: centers }).evaluate(x, target);
});
