import { centers, target, x } from '../programs/data.js';
import { worker } from './worker.js';

// The data are made, as for the others.
export default worker(() => x.length + centers.length + target.length);
