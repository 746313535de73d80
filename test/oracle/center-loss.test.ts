// CenterLoss against pytorch-ood 0.4.0, the original codes, and PyTorch's functions, autograd and SGD.
import { CenterLoss, type CenterLossOptions, ClassCenters } from 'center-loss';
import { describe, expect, it } from 'vitest';
import { expectClose, TOLERANCE } from '../support/close.js';
import { type Embeddings, embeddings, inputsOf, losses, matrices } from './cases.js';

function load(one: Embeddings, options: CenterLossOptions) {
  const { x, centers, target } = inputsOf(one);
  const loss = new CenterLoss(one.C, one.D, { labels: 'lenient', init: 'normal', ...options });
  loss.centers.params.set(centers);
  return { loss, x, target };
}

/** A sum whose terms cancel is rounded by the size of its terms. */
const spread = (values: number[]) => ({ absolute: TOLERANCE * Math.max(...values.map(Math.abs), 0) });

describe.each(embeddings)('pytorch-ood, $name', (one) => {
  const { C, radius, fixed, distances } = one;
  const { loss, x, target } = load(one, { radius, fixed });
  const overflows = distances.some((distance) => distance > 3.4e38);

  it('distances', () => {
    const distmat = loss.centers.distances(x);
    if (overflows) expect([...distmat].map(Number.isFinite)).toEqual(distances.map((distance) => distance < 3.4e38));
    else expectClose(distmat, distances, { absolute: 1e-38 });
  });

  it('loss', () => {
    expectClose(loss.evaluate(x, target), one.loss);
    expectClose(loss.gradients(x, target).loss, one.loss);
    if (!overflows) expectClose(loss.forward(loss.centers.distances(x), target), one.loss);
  });

  it('gradient of the distances', () => {
    if (overflows) return;
    const expected = distances.map((_, at) =>
      at % C === target[Math.floor(at / C)] ? one.slopes[Math.floor(at / C)] : 0,
    );
    expectClose(loss.backward(loss.centers.distances(x), target), expected as number[]);
  });

  it('gradients of rows and centers', () => {
    const { gradX, gradCenters } = loss.gradients(x, target);
    // pytorch-ood computes the gradient from an expansion, x·Σ − Σ c, which rounds by the size of both terms.
    expectClose(gradX, one.gradX, spread(one.gradX));
    expect(gradCenters === null).toBe(one.gradCenters === null);
    expectClose(gradCenters ?? [], one.gradCenters ?? [], spread(one.gradCenters ?? []));
  });

  it('probabilities and nearest class', () => {
    if (overflows) return;
    const proba = loss.centers.predictProba(x);
    const rows = target.map((_, i) => distances.slice(i * C, (i + 1) * C));
    // The exponent is float32: the rounding of the distance, 2⁻²³ of it, is that of the probability.
    one.probabilities.forEach((p, at) => {
      const nearest = Math.min(...(rows[Math.floor(at / C)] ?? []));
      const relative = TOLERANCE + 2 ** -22 * ((distances[at] ?? 0) + nearest);
      expectClose(proba[at] ?? 0, p, { relative, absolute: 1e-37 });
    });
    const nearest = rows.map((row) => row.indexOf(Math.min(...row)));
    expect([...loss.centers.predict(x)]).toEqual(nearest);
    // The expansion in pytorch-ood has no digits left there.
    if (one.name !== 'a cluster at 1000') expect(nearest).toEqual(one.nearest);
  });
});

describe.each(embeddings.filter(({ wen2016 }) => wen2016))('the original codes, $name', (one) => {
  const { wen2016, wen2019, kaiyangZhou } = one as Required<Embeddings>;

  it('Wen et al. 2016: loss, gradient, centers after a step', () => {
    const { loss, x, target } = load(one, { reduction: 'wen' });
    expectClose(loss.evaluate(x, target), wen2016.loss);
    const { loss: value, gradX } = loss.step(x, target, { alpha: 0.5 });
    expectClose(value, wen2016.loss);
    expectClose(gradX, wen2016.gradX, spread(wen2016.gradX));
    expectClose(loss.centers.params, wen2016.moved, spread([...inputsOf(one).centers]));
  });

  it('Wen et al. 2019, margin 0.5: loss and gradient', () => {
    const options = { metric: 'euclidean', penalty: 'half-squared', reduction: 'batch', radius: 0.5 } as const;
    const { loss, x, target } = load(one, options);
    const { loss: value, gradX } = loss.gradients(x, target);
    expectClose(value, wen2019.loss);
    expectClose(gradX, wen2019.gradX, spread(wen2019.gradX));
  });

  it('KaiyangZhou: loss and gradients', () => {
    const { loss, x, target } = load(one, { reduction: 'batch' });
    const { loss: value, gradX, gradCenters } = loss.gradients(x, target);
    expectClose(value, kaiyangZhou.loss);
    expectClose(gradX, kaiyangZhou.gradX, spread(kaiyangZhou.gradX));
    expectClose(gradCenters ?? [], kaiyangZhou.gradCenters, spread(kaiyangZhou.gradCenters));
  });
});

it.each(matrices)('pytorch-ood, a matrix of distances: $name', (one) => {
  const loss = new CenterLoss(one.distmat.length / one.y.length, 2, { radius: one.radius, labels: 'lenient' });
  const distmat = Float32Array.from(one.distmat);
  // This package clamps at 1e-12 and 1e12, PyTorch at the nearest float32.
  expectClose(loss.forward(distmat, one.y), one.float32.loss);
  expectClose(loss.forward(distmat, one.y), one.float64.loss);
  const onBound = one.name === 'at the floor' || one.name === 'at the ceiling';
  expectClose(loss.backward(distmat, one.y), onBound ? one.distmat.map(() => 0) : one.float32.slopes);
});

it('ClassCenters start at zero', () => {
  expect([...new ClassCenters(3, 2).params]).toEqual([0, 0, 0, 0, 0, 0]);
});

describe.each(losses.centerLoss)('PyTorch, $metric, $penalty, $reduction, C = $C, D = $D', (one) => {
  const { metric, penalty, reduction, classWeight, sampleWeight } = one;
  const { x, centers, target } = inputsOf(one);
  const make = () =>
    new CenterLoss(one.C, one.D, { metric, penalty, reduction, radius: one.radii, classWeight, init: centers });

  it('loss and gradients', () => {
    const { loss, gradX, gradCenters } = make().gradients(x, target, { sampleWeight });
    expectClose(loss, one.loss);
    expectClose(make().perRow(x, target, { sampleWeight }), one.perRow, spread(one.perRow));
    expectClose(gradX, one.gradX, spread(one.gradX));
    expectClose(gradCenters ?? [], one.gradCenters, spread(one.gradCenters));
  });

  it('three steps of SGD', () => {
    const loss = make();
    const rule = { rule: 'sgd', learningRate: 0.05, momentum: 0.9, sampleWeight } as const;
    for (let step = 0; step < 3; step++) loss.step(x, target, rule);
    expectClose(loss.centers.params, one.afterSgd, spread(one.afterSgd));
    expect(loss.updateCounts.some((count) => count > 0)).toBe(true);
  });
});
