import { auprIn, auprOut, auroc, autc, type Classification, fprAtTpr, oscr, type Side } from '../../index.js';
import { type Report, share } from '../report.js';

/** Most classes of a confusion matrix that is counted. */
export const MAX_CONFUSION_CLASSES = 1000;

/** Accumulator of the results of labeled rows. */
export class EvaluationAccumulator {
  readonly #nClasses: number;
  /** Number of rows by class and by decision [nClasses + 1, nClasses + 1]; undefined for too many classes. */
  readonly #decisions: Uint32Array | undefined;
  /** Scores of known rows, block by block. */
  readonly #known: Float32Array[] = [];
  /** 1 for a known row whose nearest center is that of its class, else 0. */
  readonly #isCorrect: Uint8Array[] = [];
  /** Scores of unknown rows. */
  readonly #unknown: Float32Array[] = [];
  #nearestCorrect = 0;
  #labelCorrect = 0;
  #rejectedKnown = 0;
  #rejectedUnknown = 0;

  constructor(nClasses: number) {
    this.#nClasses = nClasses;
    this.#decisions = nClasses <= MAX_CONFUSION_CLASSES ? new Uint32Array((nClasses + 1) ** 2) : undefined;
  }

  add({ labels, scores, nearest }: Classification, target: Int32Array): void {
    const known = new Float32Array(target.length);
    const isCorrect = new Uint8Array(target.length);
    const unknown = new Float32Array(target.length);
    let [nKnown, nUnknown] = [0, 0];
    for (let i = 0; i < target.length; i++) {
      const [truth, label, score] = [target[i] as number, labels[i] as number, scores[i] as number];
      if (this.#decisions) {
        const at = this.#index(truth) * (this.#nClasses + 1) + this.#index(label);
        this.#decisions[at] = (this.#decisions[at] as number) + 1;
      }
      if (truth < 0) {
        unknown[nUnknown++] = score;
        if (label < 0) this.#rejectedUnknown++;
        continue;
      }
      if (nearest[i] === truth) {
        isCorrect[nKnown] = 1;
        this.#nearestCorrect++;
      }
      known[nKnown++] = score;
      if (label === truth) this.#labelCorrect++;
      if (label < 0) this.#rejectedKnown++;
    }
    this.#known.push(known.slice(0, nKnown));
    this.#isCorrect.push(isCorrect.slice(0, nKnown));
    this.#unknown.push(unknown.slice(0, nUnknown));
  }

  /** Confusion matrix: rows by class, columns by decision, "unknown" as the last of both; undefined for many classes. */
  get confusion(): number[][] | undefined {
    const [decisions, size] = [this.#decisions, this.#nClasses + 1];
    return (
      decisions && Array.from({ length: size }, (_, j) => Array.from(decisions.subarray(j * size, (j + 1) * size)))
    );
  }

  /** Scores of known and of unknown rows. */
  get scores(): { readonly known: Float32Array; readonly unknown: Float32Array } {
    return { known: joined(this.#known, Float32Array), unknown: joined(this.#unknown, Float32Array) };
  }

  /** Reports shares and metrics; null where there are no rows for one. `positive` is that of the false positive rate. */
  report(hasThreshold: boolean, positive: Side = 'known'): Report {
    const { known, unknown } = this.scores;
    const decided = hasThreshold && {
      correctAndAccepted: share(this.#labelCorrect, known.length),
      rejectedKnown: share(this.#rejectedKnown, known.length),
      rejectedUnknown: share(this.#rejectedUnknown, unknown.length),
    };
    const compared = known.length > 0 &&
      unknown.length > 0 && {
        auroc: auroc(known, unknown),
        auprIn: auprIn(known, unknown),
        auprOut: auprOut(known, unknown),
        fpr95: fprAtTpr(known, unknown, { positive }),
        oscr: oscr(known, joined(this.#isCorrect, Uint8Array), unknown),
        // JSON has no NaN, the value for infinite scores and for scores that are all the same.
        autc: orNull(autc(known, unknown)),
      };
    return {
      known: known.length,
      unknown: unknown.length,
      accuracy: share(this.#nearestCorrect, known.length),
      ...decided,
      ...compared,
    };
  }

  #index(label: number): number {
    return label < 0 ? this.#nClasses : label;
  }
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Joins the parts and puts the whole in their place, so that values are not kept twice. */
function joined<A extends Float32Array | Uint8Array>(parts: A[], type: new (length: number) => A): A {
  const whole = new type(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  parts.splice(0, parts.length, whole);
  return whole;
}
