// @ts-check
/**
 * What the suites import as `vitest`, of vitest's own parts that run anywhere: its runner, matchers and spies, without
 * the process around them.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';
import * as spies from '@vitest/spy';
import * as chai from 'chai';

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from '@vitest/runner';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = Object.assign(
  /** @param {unknown} value @param {string} [message] */
  (value, message) => chai.expect(value, message),
  chai.expect,
  /** @type {Record<symbol, object>} */ (/** @type {unknown} */ (globalThis))[ASYMMETRIC_MATCHERS_OBJECT],
);
// The matchers count their calls per `expect`.
setState({ assertionCalls: 0 }, /** @type {any} */ (expect));
export const expectState = () => getState(/** @type {any} */ (expect));

export const vi = { spyOn: spies.spyOn, restoreAllMocks: spies.restoreAllMocks };
