// @ts-check
/** Stands in for `vitest` in the bundled suites: its runner, matchers and spies, which run anywhere. */
import { JestAsymmetricMatchers, JestChaiExpect, setState } from '@vitest/expect';
import { restoreAllMocks, spyOn } from '@vitest/spy';
import { expect, use } from 'chai';

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from '@vitest/runner';

use(JestChaiExpect);
use(JestAsymmetricMatchers);
// The matchers count their calls per `expect`.
setState({ assertionCalls: 0 }, /** @type {any} */ (expect));

export { expect };

export const vi = { spyOn, restoreAllMocks };
