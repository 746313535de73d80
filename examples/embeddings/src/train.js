// @ts-check
/** Makes a classifier of the examples, and writes intents.safetensors. */
import { writeFile } from 'node:fs/promises';
import { ClassCenters, OpenSetClassifier } from 'center-loss';
import { embed } from './embed.js';
import intents from './intents.json' with { type: 'json' };

// Every other example makes the centers, and the rest sets the threshold: rows that a center was made from lie nearer to
// it than new ones, so that their threshold would refuse too much.
const examples = Object.entries(intents).flatMap(([name, texts]) => texts.map((text, i) => ({ name, text, i })));
const [seen, heldOut] = [0, 1].map((half) => examples.filter(({ i }) => i % 2 === half));

/** @param {typeof examples} some */
const rows = (some) => embed(some.map(({ text }) => text));
/** @param {typeof examples} some */
const names = (some) => some.map(({ name }) => name);

const centers = ClassCenters.fit(await rows(seen), names(seen));
const classifier = new OpenSetClassifier(centers, { score: 'distance' });
classifier.fit(await rows(heldOut), names(heldOut), { tpr: 0.95 });
await writeFile('intents.safetensors', classifier.save());
