import { expect } from 'vitest';

/** The accuracy that is promised: relative to the float64 value. */
export const TOLERANCE = 1e-5;

export interface Closeness {
  readonly relative?: number;
  /** What counts as the same as 0. */
  readonly absolute?: number;
  /** The scale that `relative` is taken of, per entry; default the expected value itself. */
  readonly scale?: ArrayLike<number>;
}

/** Asserts that each value is as near to the expected one as promised; non-finite ones must be the same. */
export function expectClose(
  actual: ArrayLike<number> | number,
  expected: ArrayLike<number> | number,
  { relative = TOLERANCE, absolute = 0, scale }: Closeness = {},
): void {
  const values = typeof actual === 'number' ? [actual] : actual;
  const wanted = typeof expected === 'number' ? [expected] : expected;
  expect(values.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const [value, want] = [values[i] ?? 0, wanted[i] ?? 0];
    if (Object.is(value, want) || value === want) continue;
    const allowed = relative * Math.abs(scale?.[i] ?? want) + absolute;
    if (!(Math.abs(value - want) <= allowed)) {
      expect.fail(`value ${i} is ${value}, not within ${allowed} of ${want}`);
    }
  }
}
