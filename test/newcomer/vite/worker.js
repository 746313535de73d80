import { OpenSetClassifier } from 'center-loss';
import url from './animals.safetensors?url';

addEventListener('message', async ({ data: rows }) => {
  const response = await fetch(url);
  const classifier = OpenSetClassifier.load(await response.arrayBuffer());
  postMessage(rows.map((row) => classifier.decide(row).name));
});
