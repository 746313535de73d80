const { readFileSync } = require('node:fs');
const { CenterLoss, OpenSetClassifier } = require('center-loss');

const classifier = OpenSetClassifier.load(readFileSync('animals.safetensors'));

test('known animals have a name, others have none', () => {
  expect(classifier.decide([1, 0]).name).toBe('cat');
  expect(classifier.decide(Float32Array.of(9, 9)).name).toBeNull();
});

test('a loss', () => {
  expect(new CenterLoss(2, 2).evaluate([3, 4], [0])).toBeCloseTo(10, 6);
});
