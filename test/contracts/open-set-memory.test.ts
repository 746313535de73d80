// Losses in WebAssembly memory: right when it grows, gone when they are disposed.
import { CenterLoss, fromFloat16, toFloat16 } from 'center-loss';
import { expect, it } from 'vitest';

const memoryBytes = (loss: CenterLoss) => loss.centers.params.buffer.byteLength;

/** Makes the memory grow, which detaches every view taken before. */
function grow(loss: CenterLoss): void {
  const before = memoryBytes(loss);
  const kept: CenterLoss[] = [];
  while (memoryBytes(loss) === before) kept.push(new CenterLoss(1024, 256));
  for (const other of kept) other.dispose();
}

const options = { metric: 'euclidean', penalty: 'half-squared', init: 'normal', seed: 5 } as const;
const x = [1, 2, 3, 4, 5, 6, 7, 8];
const target = [2, 0];

it('radii, weights, counts and velocities are right after growth', () => {
  const make = () => new CenterLoss(3, 4, { ...options, radius: [0.5, 1, 1.5], classWeight: [1, 2, 3] });
  const [loss, twin] = [make(), make()];
  const sgd = { rule: 'sgd', momentum: 0.9, learningRate: 0.1 } as const;
  for (const one of [loss, twin]) one.step(x, target, sgd);
  const radii = loss.radii;
  grow(loss);
  expect(loss.radii).toEqual(radii);
  expect([...loss.radii]).toEqual([0.5, 1, 1.5]);
  expect([...loss.updateCounts]).toEqual([1, 0, 1]);
  expect(loss.step(x, target, sgd)).toEqual(twin.step(x, target, sgd));
  expect(loss.centers.params).toEqual(twin.centers.params);
});

it('a call may read views of the memory, which it may detach', () => {
  const nDim = 4096 * 64;
  const loss = new CenterLoss(2, nDim, { init: 'normal', metric: 'cosine' });
  // Every row is its own center. In a process of its own, the memory grows for the call.
  const view: Float32Array = loss.centers.params;
  expect(loss.gradients(view, [0, 1], { sampleWeight: [1, 2] }).loss).toBeLessThan(1e-30);
  const halves = toFloat16(loss.centers.params);
  expect(fromFloat16(halves).length).toBe(2 * nDim);
});

it('what is copied into out survives the growth for it', () => {
  const loss = new CenterLoss(3, 70_000, { init: 'normal', seed: 1, metric: 'euclidean' });
  const rows = new Float32Array(70_000 * 64).fill(0.1);
  const kept = new CenterLoss(64, 3);
  const result = loss.centers.distances(rows, kept.centers.params);
  expect(result.length).toBe(64 * 3);
  expect(result).toEqual(kept.centers.params);
  expect(loss.centers.distances(rows)).toEqual(result);
});

it('a thousand losses, disposed, leave the memory as it was', () => {
  const probe = new CenterLoss(2, 2);
  const use = () => {
    const loss = new CenterLoss(100, 50, { ...options, classWeight: new Float32Array(100).fill(1) });
    const rows = new Float32Array(50 * 4).fill(0.5);
    loss.gradients(rows, [0, 1, 2, 3]);
    loss.step(rows, [0, 1, 2, 3], { rule: 'sgd', momentum: 0.5 });
    loss.fitRadius(rows, [0, 1, 2, 3]);
    loss.dispose();
  };
  for (let i = 0; i < 3; i++) use();
  const before = memoryBytes(probe);
  for (let i = 0; i < 1000; i++) use();
  expect(memoryBytes(probe)).toBe(before);
});

it('a constructor that fails takes nothing', () => {
  const probe = new CenterLoss(2, 2);
  const attempt = () => {
    try {
      new CenterLoss(1000, 100, { radius: [1] });
    } catch {}
    try {
      new CenterLoss(1000, 100, { seed: -1, metric: 'cosine' });
    } catch {}
  };
  attempt();
  const before = memoryBytes(probe);
  for (let i = 0; i < 300; i++) attempt();
  expect(memoryBytes(probe)).toBe(before);
});
