// @ts-check
/** Fits a classifier to data/penguins.csv, says how good it is, and writes it into src/classifier.json. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ClassCenters, OpenSetClassifier } from 'center-loss';

const DATA = new URL('../data/penguins.csv', import.meta.url);
const CLASSIFIER = new URL('classifier.json', import.meta.url);

// The first line names the columns, of which the first is the label.
const [, ...lines] = readFileSync(DATA, 'utf8').trim().split(/\r?\n/);
const samples = lines.map((line) => {
  const [label, ...values] = line.split(',');
  return { label, row: values.map(Number) };
});

/** Gives rows and labels of those samples whose number has one of these remainders by 5. @param {number[]} remainders */
function part(...remainders) {
  const taken = samples.filter((_, i) => remainders.includes(i % 5));
  return { rows: taken.map(({ row }) => row), labels: taken.map(({ label }) => label) };
}
// The threshold and the test need rows that made no center.
const [train, heldOut, test] = [part(0, 1, 2), part(3), part(4)];

const centers = ClassCenters.fit(train.rows, train.labels);
// In this score a column counts by how little it varies, since millimeters and grams differ in scale. Numbers of one scale,
// such as embeddings of a network, need no score: the default is the distance.
const classifier = new OpenSetClassifier(centers, { score: 'mahalanobis' });
classifier.fit(heldOut.rows, heldOut.labels, { tpr: 0.95 });

const { names } = classifier.classify(test.rows);
const accepted = names.filter((name) => name !== null).length;
const right = names.filter((name, i) => name === test.labels[i]).length;
const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
console.log(`${train.rows.length} rows make ${classifier.nClasses} centers, ${heldOut.rows.length} the threshold.`);
console.log(`Of ${names.length} other rows, ${percent(1 - accepted / names.length)} are refused as unknown,`);
console.log(`and ${percent(right / accepted)} of the rest get the right name.`);

writeFileSync(CLASSIFIER, `${JSON.stringify(classifier, null, 2)}\n`);
