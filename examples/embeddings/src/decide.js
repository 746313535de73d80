// @ts-check
/** Prints the intent of each text, or unknown. */
import { readFile } from 'node:fs/promises';
import { OpenSetClassifier } from 'center-loss';
import { embed } from './embed.js';

const classifier = OpenSetClassifier.load(await readFile('intents.safetensors'));
for (const text of process.argv.slice(2)) {
  const { name, nearest, score, threshold } = classifier.decide(await embed([text]));
  const verdict = name ?? `unknown, nearest to ${nearest}`;
  console.log(`${text} → ${verdict} (distance ${score.toFixed(2)} of ${threshold?.toFixed(2)})`);
}
