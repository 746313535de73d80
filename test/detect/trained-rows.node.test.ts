// The warning about calibration on the very rows that were trained on. It comes once in a process, which each test
// starts anew by importing the package again.
import { describe, expect, it, vi } from 'vitest';

type Package = typeof import('center-loss');

const target = [0, 1, 0, 1];
const rows = () => Float32Array.of(0, 0, 4, 4, 1, 0, 4, 5);

/** Messages of `act` with a package that has not warned yet. */
async function warnings(act: (one: Package) => void): Promise<string[]> {
  vi.resetModules();
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  warn.mockClear();
  try {
    act(await import('center-loss'));
    return warn.mock.calls.map(([message]) => String(message));
  } finally {
    warn.mockRestore();
  }
}

/** Ways to make centers of rows. */
const TRAIN: Record<string, (one: Package, x: Float32Array) => unknown> = {
  'CenterLoss.step': ({ CenterLoss }, x) => new CenterLoss(2, 2).step(x, target),
  softmaxCenter: ({ CenterLoss }, x) => new CenterLoss(2, 2).softmaxCenter(x, x, target),
  'CACLoss.step': ({ CACLoss }, x) => new CACLoss(2, 2).step(x, target),
  'DeepSVDDLoss.fitCenter': ({ DeepSVDDLoss }, x) => new DeepSVDDLoss(2).fitCenter(x),
  'ClassCenters.fit': ({ ClassCenters }, x) => ClassCenters.fit(x, target, { nDim: 2 }),
  'ClassStatistics.add': ({ ClassStatistics }, x) => new ClassStatistics(2, 2).add(x, target),
  'OpenSetClassifier.addClass': (one, x) => classifier(one).addClass('a', x),
  'OpenSetClassifier.addExamples': (one, x) => {
    const added = classifier(one);
    added.addClass('a', [1, 1]);
    added.addExamples('a', x);
  },
  'a tensor': ({ ClassCenters }, data) => ClassCenters.fit({ data, dims: [4, 2] }, target),
};
const classifier = ({ OpenSetClassifier }: Package) =>
  new OpenSetClassifier({ params: [0, 0, 4, 4], nClasses: 2, nDim: 2 });

describe('a calibration on the rows that centers were made of', () => {
  it.each(Object.keys(TRAIN))('is warned of once: %s', async (name) => {
    const found = await warnings((one) => {
      const x = rows();
      TRAIN[name]?.(one, x);
      classifier(one).fit(x, target).fit(x, target);
      new one.CenterLoss(2, 2).fitRadius(x, target);
    });
    expect(found.length).toBe(1);
    expect(found[0]).toMatch(
      /^center-loss: fit got the very array that centers were made of\..*held out of training\.$/,
    );
  });

  it('is warned of in fitRadius', async () => {
    const found = await warnings(({ CenterLoss }) => {
      const [loss, x] = [new CenterLoss(2, 2), rows()];
      loss.step(x, target);
      loss.fitRadius(x, target);
    });
    expect(found).toEqual([expect.stringMatching(/^center-loss: fitRadius got the very array/)]);
  });

  it('is warned of with an array of rows', async () => {
    const found = await warnings((one) => {
      const x = [0, 4, 1, 5].map((value) => [value, value]);
      new one.CenterLoss(2, 2).softmaxCenter(x, x, target);
      classifier(one).fit(x, target);
    });
    expect(found.length).toBe(1);
  });

  it('a tensor that gives its data once is taken', async () => {
    let reads = 0;
    const x = {
      dims: [4, 2],
      get data(): Float32Array {
        reads += 1;
        if (reads > 1) throw new Error('moved to the GPU');
        return rows();
      },
    };
    const found = await warnings((one) => {
      expect(classifier(one).fit(x, target).threshold).toBe(1);
    });
    expect(found).toEqual([]);
  });

  it('is not warned of with other rows, an array that was filled again, or a batch', async () => {
    const found = await warnings((one) => {
      const [loss, x] = [new one.CenterLoss(2, 2), rows()];
      loss.step(x, target);
      classifier(one).fit(x.slice(), target);
      x.set([1, 1, 5, 4, 1, 0, 4, 4.5]);
      classifier(one).fit(x, target);
      const batch = loss.batch(4);
      loss.step(batch);
      loss.fitRadius(batch);
      expect(() => loss.step(x, [0, 1, 0, 7])).toThrow();
      loss.fitRadius(x, target);
    });
    expect(found).toEqual([]);
  });
});
