// Parity with the code of Wen et al. 2019, and with PyTorch's functions, autograd and SGD.
import { CenterLoss } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectClose, TOLERANCE } from '../support/close.js';
import ownCenter from './open-set/own_center.json' with { type: 'json' };
import { type EmbedCase, embedCases, originalCases } from './cases.js';
import type { Metric, Penalty, Reduction } from '../support/center-loss-reference.js';

const byName = new Map(embedCases.map((one) => [one.name, one]));

/** A sum of terms that cancel is rounded by the size of its terms. */
const spread = (values: number[]) => ({ absolute: TOLERANCE * Math.max(...values.map(Math.abs), 0) });

it.each(originalCases)('IJCV 2019, $name', ({ name, gcl }) => {
  const one = byName.get(name) as EmbedCase;
  const x = Float32Array.from(one.x.flat());
  const options = { metric: 'euclidean', penalty: 'half-squared', reduction: 'batch', labels: 'lenient' } as const;
  const loss = new CenterLoss(one.C, one.D, { ...options, radius: gcl.rho, init: 'normal' });
  loss.centers.params.set(one.centers.flat());
  const { loss: value, gradX } = loss.gradients(x, one.y);
  expectClose(value, gcl.loss);
  expectClose(gradX, gcl.grad_x.flat(), spread(gcl.grad_x.flat()));
  loss.dispose();
});

describe.each(ownCenter.cases)('PyTorch, $metric, $penalty, $reduction, C = $C, D = $D', (one) => {
  const { metric, penalty, reduction } = one as { metric: Metric; penalty: Penalty; reduction: Reduction };
  const { C, D, x, y } = one;
  const sampleWeight = one.sample_weight;
  const make = () =>
    new CenterLoss(C, D, {
      ...{ metric, penalty, reduction, radius: one.radii, classWeight: one.class_weight },
      init: Float32Array.from(one.centers),
    });

  it('loss and gradients', () => {
    const { loss, gradX, gradCenters } = make().gradients(x, y, { sampleWeight });
    expectClose(loss, one.loss);
    expectClose(gradX, one.grad_x, spread(one.grad_x));
    expectClose(gradCenters ?? [], one.grad_centers, spread(one.grad_centers));
  });

  it('three steps of SGD', () => {
    const loss = make();
    const { lr: learningRate, momentum } = ownCenter.sgd;
    for (let step = 0; step < 3; step++) loss.step(x, y, { rule: 'sgd', learningRate, momentum, sampleWeight });
    expectClose(loss.centers.params, one.after_sgd, spread(one.after_sgd));
    expect(loss.updateCounts.some((count) => count > 0)).toBe(true);
  });
});
