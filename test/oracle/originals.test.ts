// Parity with the original codes: Wen et al. 2016 (caffe-face) and KaiyangZhou/pytorch-center-loss.
import { CenterLoss } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectClose, TOLERANCE } from '../support/close.js';
import { type EmbedCase, embedCases, originalCases } from './cases.js';

const byName = new Map(embedCases.map((one) => [one.name, one]));

function load(one: EmbedCase, reduction: 'wen' | 'batch'): { loss: CenterLoss; x: Float32Array } {
  const loss = new CenterLoss(one.C, one.D, { reduction, labels: 'lenient', init: 'normal' });
  loss.centers.params.set(one.centers.flat());
  return { loss, x: Float32Array.from(one.x.flat()) };
}

/** A sum of terms that cancel is rounded by the size of its terms. */
const spread = (values: number[]) => ({ absolute: TOLERANCE * Math.max(...values.map(Math.abs), 0) });

it('every original has its case', () => {
  expect(originalCases.filter(({ name }) => !byName.has(name))).toEqual([]);
  expect(originalCases.length).toBeGreaterThan(20);
});

describe.each(originalCases)('$name', ({ name, caffe, kz }) => {
  const one = byName.get(name) as EmbedCase;

  it('Wen et al.: loss, gradient, centers after a step', () => {
    const { loss, x } = load(one, 'wen');
    expectClose(loss.evaluate(x, one.y), caffe.loss);
    const { loss: value, gradX } = loss.step(x, one.y, { alpha: 0.5 });
    expectClose(value, caffe.loss);
    expectClose(gradX, caffe.grad_x.flat(), spread(caffe.grad_x.flat()));
    expectClose(loss.centers.params, caffe.centers_after_alpha_0_5.flat(), spread(one.centers.flat()));
  });

  it('KaiyangZhou: loss and gradients', () => {
    const { loss, x } = load(one, 'batch');
    const { loss: value, gradX, gradCenters } = loss.gradients(x, one.y);
    expectClose(value, kz.loss);
    expectClose(gradX, kz.grad_x.flat(), spread(kz.grad_x.flat()));
    expectClose(gradCenters ?? [], kz.grad_centers.flat(), spread(kz.grad_centers.flat()));
  });
});
