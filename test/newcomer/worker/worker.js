import { OpenSetClassifier } from 'center-loss';
import bytes from './animals.safetensors';

const classifier = OpenSetClassifier.load(bytes);

export default {
  async fetch(request) {
    const rows = await request.json();
    return Response.json(rows.map((row) => classifier.decide(row).name));
  },
};
