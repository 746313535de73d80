// @ts-check
/** Makes a classifier of the examples, and writes intents.safetensors. */
import { writeFile } from 'node:fs/promises';
import { ClassCenters, OpenSetClassifier } from 'center-loss';
import { embed } from './embed.js';
import intents from './intents.json' with { type: 'json' };

const examples = Object.entries(intents).flatMap(([name, texts]) => texts.map((text, i) => ({ name, text, i })));
/** Takes every other example. @param {number} half */
const take = (half) => {
  const some = examples.filter(({ i }) => i % 2 === half);
  return { texts: some.map(({ text }) => text), names: some.map(({ name }) => name) };
};
// One half makes the centers, the other sets the threshold: rows that a center was made from lie nearer to it than new
// ones, so that their threshold would refuse too much.
const [seen, heldOut] = [take(0), take(1)];

const centers = ClassCenters.fit(await embed(seen.texts), seen.names);
const classifier = new OpenSetClassifier(centers, { score: 'distance' });
classifier.fit(await embed(heldOut.texts), heldOut.names, { tpr: 0.95 });
await writeFile('intents.safetensors', classifier.save());
