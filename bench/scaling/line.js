// @ts-check

/** A point that is this many times above or below the line is off it. */
export const OFF = 1.5;

/**
 * The line t = a + b·n, a ≥ 0 and b ≥ 0, with the least squares of relative errors: times span six decades, and each
 * decade is to count.
 *
 * @param {{ n: number, t: number }[]} points
 * @returns {{ a: number, b: number }}
 */
export function fitLine(points) {
  // (a + b·n − t)/t = a·u + b·v − 1 with u = 1/t and v = n/t.
  let [uu, uv, vv, u1, v1] = [0, 0, 0, 0, 0];
  for (const { n, t } of points) {
    const [u, v] = /** @type {const} */ ([1 / t, n / t]);
    uu += u * u;
    uv += u * v;
    vv += v * v;
    u1 += u;
    v1 += v;
  }
  const determinant = uu * vv - uv * uv;
  const a = (u1 * vv - v1 * uv) / determinant;
  const b = (v1 * uu - u1 * uv) / determinant;
  if (!(a >= 0)) return { a: 0, b: v1 / vv };
  return b >= 0 ? { a, b } : { a: u1 / uu, b: 0 };
}

/** @param {number} ratio  of a time to the line */
export const isOff = (ratio) => ratio > OFF || ratio < 1 / OFF;
