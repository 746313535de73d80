// Makes a classifier of embeddings with names, and saves it as one file.
import { writeFileSync } from 'node:fs';
import { ClassCenters, OpenSetClassifier } from 'center-loss';

const rows = [
  [1, 0.1],
  [0.9, 0],
  [1.1, -0.1],
  [0, 1],
  [0.1, 0.9],
  [-0.1, 1.1],
];
const names = ['cat', 'cat', 'cat', 'dog', 'dog', 'dog'];
const heldOutRows = [
  [1, 0.2],
  [0.9, -0.1],
  [1.2, 0],
  [0.1, 1.1],
  [-0.1, 0.9],
  [0.2, 1],
];
const heldOutNames = ['cat', 'cat', 'cat', 'dog', 'dog', 'dog'];

const centers = ClassCenters.fit(rows, names);
const classifier = new OpenSetClassifier(centers).fit(heldOutRows, heldOutNames);
writeFileSync('animals.safetensors', classifier.save());
