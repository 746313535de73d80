// @ts-check
/** A worker for Cloudflare: POST a row of numbers, and get its name, or null if it is unknown. */
import { CenterLossError, OpenSetClassifier } from 'center-loss';
import saved from './classifier.json' with { type: 'json' };

const classifier = OpenSetClassifier.fromJSON(saved);
const USAGE = `POST a row of ${classifier.nDim} numbers as JSON, such as [1, 2.5, …].
The reply is { "name", "score" }. The name is ${classifier.names?.join(', ')}, or null: unknown.
`;

export default {
  /** @param {Request} request */
  async fetch(request) {
    if (request.method !== 'POST') return new Response(USAGE);
    try {
      const { name, score } = classifier.decide(await request.json());
      return Response.json({ name, score });
    } catch (error) {
      // JSON.parse throws the first, and center-loss the second.
      if (!(error instanceof SyntaxError || error instanceof CenterLossError)) throw error;
      return Response.json({ error: error.message }, { status: 400 });
    }
  },
};
