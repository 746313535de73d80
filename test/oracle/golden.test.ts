// Parity with pytorch-ood 0.3.3 (CenterLoss, ClassCenters), case by case.
import { CenterLoss, ClassCenters } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectClose, TOLERANCE } from '../support/close.js';
import { distmatCases, type EmbedCase, embedCases } from './cases.js';
import { distances } from '../support/reference.js';

// Where the reference lets a NaN or an infinity of one row reach the gradients of all: we rightly differ.
const containsBadValue = (name: string) => /^(nan|inf)_/.test(name);

function load(one: EmbedCase): { loss: CenterLoss; x: Float32Array } {
  const loss = new CenterLoss(one.C, one.D, {
    radius: one.radius,
    fixed: one.fixed,
    labels: 'lenient',
    init: 'normal',
  });
  loss.centers.params.set(one.centers.flat());
  return { loss, x: Float32Array.from(one.x.flat()) };
}

describe.each(embedCases.filter(({ name }) => !containsBadValue(name)))('embeddings: $name', (one) => {
  // Float64 is the truth: its float32 block holds the rounding of its expansion. Where float64 too uses the expansion
  // on a cluster off the origin, or overflows float32, the direct distances are.
  const { f64 } = one;
  const { loss, x } = load(one);
  const overflows = one.distmat_direct_f64.flat().some((distance) => distance > 3.4e38);
  const truth = one.distmat_direct_f64.flat();

  it('distmat', () => {
    const distmat = loss.centers.distances(x);
    if (overflows) expect([...distmat].map(Number.isFinite)).toEqual(truth.map((distance) => distance < 3.4e38));
    else expectClose(distmat, truth, { absolute: 1e-38 });
  });

  it('loss', () => {
    expectClose(loss.evaluate(x, one.y), f64.loss);
    expectClose(loss.gradients(x, one.y).loss, f64.loss);
    if (!overflows) expectClose(loss.forward(loss.centers.distances(x), one.y), f64.loss);
  });

  it('gradient of the distances', () => {
    if (overflows) return;
    const expected = f64.grad_distmat?.flat() ?? truth.map(() => 0);
    expectClose(loss.backward(loss.centers.distances(x), one.y), expected);
  });

  it('gradients of embeddings and centers', () => {
    const { gradX, gradCenters } = loss.gradients(x, one.y);
    // Its float64 gradient goes through the expansion, x·Σ − Σ c, and is as wrong as that: relative to the largest.
    const spread = (values: number[]) => TOLERANCE * Math.max(...values.map(Math.abs), 0);
    const wantX = f64.grad_embeddings?.flat() ?? [...x].fill(0);
    expectClose(gradX, wantX, { absolute: spread(wantX) });
    if (one.fixed) {
      expect(gradCenters).toBeNull();
      expect(f64.grad_centers).toBeNull();
      return;
    }
    const wantCenters = f64.grad_centers?.flat() ?? one.centers.flat().map(() => 0);
    expectClose(gradCenters ?? [], wantCenters, { absolute: spread(wantCenters) });
  });

  it('probabilities and nearest class', () => {
    if (overflows) return;
    const proba = loss.centers.predictProba(x);
    // The exponent is float32: its rounding, 2⁻²³ of the distance, is that of the probability.
    const nearest = one.distmat_direct_f64.map((row) => Math.min(...row));
    const want = f64.predict.flat();
    want.forEach((p, i) => {
      const distance = truth[i] ?? 0;
      const relative = TOLERANCE + 2 ** -22 * (distance + (nearest[Math.floor(i / one.C)] ?? 0));
      expectClose(proba[i] ?? 0, p, { relative, absolute: 1e-37 });
    });
    const argmin = one.distmat_direct_f64.map((row) => row.indexOf(Math.min(...row)));
    expect([...loss.centers.predict(x)]).toEqual(argmin);
    if (!/^offset_/.test(one.name)) expect(argmin).toEqual(f64.argmin);
  });
});

describe('bad values in a row (where the reference spoils all)', () => {
  it.each(embedCases.filter(({ name }) => name.startsWith('nan_')))('$name', (one) => {
    const { loss, x } = load(one);
    const { loss: value, gradX, gradCenters } = loss.gradients(x, one.y);
    const isBad = one.x.map((row) => row.some((entry) => !Number.isFinite(entry)));
    const isBadKnown = isBad.map((bad, i) => bad && (one.y[i] ?? -1) >= 0);
    expect(Number.isNaN(value)).toBe(isBadKnown.includes(true));
    expect([...gradX, ...(gradCenters ?? [])].every(Number.isFinite)).toBe(true);
    const expected = distances(x, one.centers.flat(), one.D).map((row, i) =>
      isBad[i] ? -1 : row.indexOf(Math.min(...row)),
    );
    expect([...loss.centers.predict(x)]).toEqual(expected);
  });

  it.each(embedCases.filter(({ name }) => name.startsWith('inf_')))('$name: at the ceiling', (one) => {
    const { loss, x } = load(one);
    const { loss: value, gradX, gradCenters } = loss.gradients(x, one.y);
    expect([...gradX, ...(gradCenters ?? [])].every(Number.isFinite)).toBe(true);
    expect(value).toBeGreaterThan(1e12 / (one.B * one.C) / 2);
  });
});

describe('a distance matrix', () => {
  // The reference takes a NaN radius and returns NaN; here it is an error of the constructor.
  it.each(distmatCases.filter(({ radius }) => !Number.isNaN(radius)))('$name', (one) => {
    const loss = new CenterLoss(one.C, 2, { radius: one.radius, labels: 'lenient', init: 'normal' });
    const distmat = Float32Array.from(one.distmat.flat());
    // The bounds of the clamp are 1e-12 and 1e12 themselves here, their nearest float32 there.
    expectClose(loss.forward(distmat, one.y), one.f32.loss);
    expectClose(loss.forward(distmat, one.y), one.f64.loss);
    const onBound = one.name === 'd_1e-12' || one.name === 'd_1e12';
    const gradient = loss.backward(distmat, one.y);
    const expected = one.f32.grad_distmat?.flat() ?? one.distmat.flat().map(() => 0);
    expectClose(gradient, onBound ? expected.map(() => 0) : expected);
  });

  it('a NaN radius is refused', () => {
    expect(() => new CenterLoss(2, 2, { radius: Number.NaN })).toThrow(
      /radius must be a number from -1e30 on, got NaN/,
    );
  });
});

it('ClassCenters start at zero, as in the reference', () => {
  expect([...new ClassCenters(3, 2).params]).toEqual([0, 0, 0, 0, 0, 0]);
});
