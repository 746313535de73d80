// All 4 GB that 32-bit addresses reach, in real memory: too much for most of the runtimes that the other suites run in.
import { freemem } from 'node:os';
import { type Batch, CenterLoss, ClassCenters, OpenSetClassifier } from 'center-loss';
import { expect, it } from 'vitest';
import { expectError } from '../support/error.js';

const [C, D] = [16, 64];
const ROWS = 2 ** 19;
/** Rows that a batch repeats, so that 4 GB need no second 4 GB to be compared with. */
const PATTERN_ROWS = 2 ** 13;
const FREE = process.availableMemory?.() ?? freemem();
const NEEDED = 5e9;

const target = Int32Array.from({ length: PATTERN_ROWS }, (_, row) => (row % (C + 1)) - 1);

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);
/** A comparison in place of `toEqual`, which looks at each value of a billion by itself. */
const isSame = (a: ArrayBufferView, b: ArrayBufferView) => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

/** A batch, what was written there, and what came of it: the gradient as a small call gave it. */
interface Held {
  readonly batch: Batch;
  readonly x: Float32Array;
  readonly gradX: Float32Array;
  readonly loss: number;
}

/** Fills a batch with rows that no other has. */
function fill(batch: Batch, loss: CenterLoss, seed: number): Held {
  const source = new CenterLoss(PATTERN_ROWS, D, { init: 'normal', seed });
  const x = source.centers.params.slice();
  source.dispose();
  for (let row = 0; row < ROWS; row += PATTERN_ROWS) {
    batch.x.set(x, row * D);
    batch.target.set(target, row);
  }
  return { batch, x, gradX: loss.gradients(x, target).gradX, loss: loss.gradients(batch).loss };
}

function expectUnchanged({ batch, x, gradX, loss }: Held, by: CenterLoss): void {
  for (let row = 0; row < ROWS; row += PATTERN_ROWS) {
    const [start, end] = [row * D, (row + PATTERN_ROWS) * D];
    const same = {
      x: isSame(batch.x.subarray(start, end), x),
      gradX: isSame(batch.gradX.subarray(start, end), gradX),
      target: isSame(batch.target.subarray(row, row + PATTERN_ROWS), target),
    };
    expect(same, `from row ${row} on`).toEqual({ x: true, gradX: true, target: true });
  }
  expect(by.evaluate(batch)).toBe(loss);
}

// This test comes first, since memory never shrinks. The engine takes a gigabyte of rows as zeros that need no memory, which not all other runtimes do.
it('rows of a million dimensions are copied to memory a part at a time', () => {
  const [rows, dim] = [256, 2 ** 20];
  const centers = new ClassCenters(1, dim);
  const x = new Float32Array(rows * dim);
  x[x.length - 1] = Number.NaN;
  expect(centers.predict(x)).toEqual(new Int32Array(rows).fill(-1, rows - 1));
  expect(centers.params.buffer.byteLength).toBeLessThan(x.byteLength / 2);
});

it('memory grows up to 4 GB; then objects keep their values, and freed memory can be used again', (context) => {
  context.skip(FREE < NEEDED, `needs ${NEEDED} bytes of free memory, there are ${FREE}`);
  // The sum does not depend on how many rows there are, and so neither do the gradients of the rows.
  const loss = new CenterLoss(C, D, { init: 'normal', seed: 1, reduction: 'sum' });
  const params = loss.centers.params.slice();
  using many = new OpenSetClassifier(new CenterLoss(2 ** 15, D, { init: 'normal', seed: 2 }));

  const held: Held[] = [];
  const more = () => held.push(fill(loss.batch(ROWS), loss, held.length + 2));
  const bytes = () => held.reduce((sum, { batch }) => sum + 4 * batch.rows * (2 * D + 1), 0);
  while (bytes() < 4e9) more();
  // The rows still fit, but not their gradient.
  expectError(
    more,
    'ERR_OUT_OF_MEMORY',
    /^cannot allocate 134,217,728 bytes of WebAssembly memory for a batch of 524288 rows of 64 values/,
  );

  // JavaScript holds these rows; the engine has no room to copy them.
  const [x, labels] = [new Float32Array(2 * ROWS * D), new Int32Array(2 * ROWS)];
  const tooMuch: [() => unknown, RegExp][] = [
    [() => loss.batch(ROWS), /for a batch of 524288 rows/],
    [() => loss.step(x, labels), /for step of 1048576 rows of 64 values/],
    [() => loss.gradients(x, labels), /for gradients of 1048576 rows of 64 values/],
    [() => loss.evaluate(x, labels), /for evaluate of 1048576 rows of 64 values/],
    [() => new ClassCenters(2 * ROWS, D), /for 1048576 centers of 64 dimensions/],
    [() => new CenterLoss(2 * ROWS, D), /for 1048576 centers of 64 dimensions/],
  ];
  for (let time = 0; time < 3; time++) {
    for (const [act, message] of tooMuch) expectError(act, 'ERR_OUT_OF_MEMORY', message);
  }
  expect(isSame(loss.centers.params, params)).toBe(true);
  // The failed calls took no memory: half of that batch still fits.
  loss.batch(ROWS / 2).dispose();

  // A class is added whole, or not at all.
  using classifier = new OpenSetClassifier({ nDim: 2 ** 20 });
  const example = new Float32Array(2 ** 20).fill(1);
  let added = 0;
  const addMany = () => {
    for (; added < 64; added++) classifier.addClass(`${added}`, example);
  };
  expectError(addMany, 'ERR_OUT_OF_MEMORY', / centers of 1048576 dimensions/);
  expect([classifier.nClasses, classifier.names?.length, added > 8]).toEqual([added, added, true]);
  expectError(() => classifier.count(`${added}`), 'ERR_LABEL', /there is no class/);
  classifier.removeClass('0');
  classifier.addClass('again', example.fill(2));
  expect([classifier.decide(example).name, classifier.count('7')]).toEqual(['again', 1]);

  const [given] = held.splice(7, 1);
  if (given === undefined) throw new Error('4e9 bytes are less than 8 batches');
  expectUnchanged(given, loss);
  given.batch.dispose();
  const batch = loss.batch(ROWS);
  for (const view of [batch.x, batch.target, batch.gradX]) {
    // All the same, and the first of them 0.
    expect([view[0], isSame(view.subarray(1), view.subarray(0, -1))]).toEqual([0, true]);
  }
  held.push(fill(batch, loss, 1000));
  expectError(() => loss.batch(ROWS), 'ERR_OUT_OF_MEMORY', /for a batch of 524288 rows/);
  for (const one of held) expectUnchanged(one, loss);
  expect(isSame(loss.centers.params, params)).toBe(true);

  // A classifier that has no memory for codes of its centers decides without them.
  const row = many.centers.params.slice(D, 2 * D);
  const rest: ClassCenters[] = [];
  expectError(
    () => {
      for (;;) rest.push(new ClassCenters(2 ** 12, D));
    },
    'ERR_OUT_OF_MEMORY',
    /for 4096 centers of 64 dimensions/,
  );
  for (let i = 0; i < 100; i++) expect(many.decide(row).label).toBe(1);
});
