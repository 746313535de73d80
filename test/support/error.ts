import { CenterLossError, type ErrorCode } from 'center-loss';
import { expect } from 'vitest';

/** Asserts that `act` throws our error with this code, the values at fault in its message. */
export function expectError(act: () => unknown, code: ErrorCode, message: string | RegExp): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, 'nothing was thrown').toBeInstanceOf(CenterLossError);
  const error = thrown as CenterLossError;
  expect({ code: error.code, name: error.name }).toEqual({ code, name: 'CenterLossError' });
  expect(error.message).toMatch(message);
}
