// A gigabyte of rows: the engine takes it as zeros that need no memory, which not all other runtimes do.
import { ClassCenters } from 'center-loss';
import { expect, it } from 'vitest';

it('rows of a million dimensions come to memory a part at a time', () => {
  const [rows, dim] = [256, 2 ** 20];
  const centers = new ClassCenters(1, dim);
  const x = new Float32Array(rows * dim);
  x[x.length - 1] = NaN;
  const classes = centers.predict(x);
  expect(classes).toEqual(new Int32Array(rows).fill(-1, rows - 1));
  // All of the module's memory.
  expect(centers.params.buffer.byteLength).toBeLessThan(x.byteLength / 2);
});
