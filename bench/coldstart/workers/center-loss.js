import { CenterLoss } from 'center-loss';
import { C, centers, D, target, x } from '../programs/data.js';
import { worker } from './worker.js';

export default worker(() => new CenterLoss(C, D, { reduction: 'sum', init: centers }).evaluate(x, target));
