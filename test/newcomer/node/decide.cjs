const { readFileSync } = require('node:fs');
const { OpenSetClassifier } = require('center-loss');

const classifier = OpenSetClassifier.load(readFileSync('animals.safetensors'));
const names = [
  [1, 0],
  [0, 1],
  [9, 9],
].map((row) => classifier.decide(row).name);
console.log(JSON.stringify(names));
