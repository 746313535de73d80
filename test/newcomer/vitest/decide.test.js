import { readFileSync } from 'node:fs';
import { OpenSetClassifier } from 'center-loss';
import { expect, test } from 'vitest';

test('a page shows the name', () => {
  const classifier = OpenSetClassifier.load(readFileSync('animals.safetensors'));
  document.body.textContent = classifier.decide(Float32Array.of(1, 0)).name;
  expect(document.body.textContent).toBe('cat');
  expect(classifier.decide([9, 9]).name).toBeNull();
});
