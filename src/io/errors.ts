import { CenterLossError } from '../validate/errors.js';

export { quoted } from '../validate/errors.js';

export const formatError = (message: string, options?: ErrorOptions): CenterLossError =>
  new CenterLossError('ERR_FORMAT', message, options);
