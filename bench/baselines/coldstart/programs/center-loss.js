import { CenterLoss } from 'center-loss';
import { C, centers, D, target, x } from './data.js';

export default () => new CenterLoss(C, D, { reduction: 'sum', init: centers }).evaluate(x, target);
