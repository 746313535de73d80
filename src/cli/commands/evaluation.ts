import { auprIn, auprOut, auroc, type Classification, fprAtTpr, oscr } from '../../index.js';
import { type Report, share } from '../report.js';
import { GrowableArray } from './growable-array.js';

/** Most classes of a confusion matrix that is counted. */
export const MAX_CONFUSION_CLASSES = 1000;

/** Accumulator of the results of rows whose classes are known. */
export class EvaluationAccumulator {
  readonly #nClasses: number;
  /** Rows by class and by decision, with "unknown" as the last of both. */
  readonly confusion: Uint32Array | undefined;
  readonly #known = new GrowableArray<Float32Array<ArrayBuffer>>(Float32Array);
  readonly #isRight = new GrowableArray<Uint8Array<ArrayBuffer>>(Uint8Array);
  readonly #unknown = new GrowableArray<Float32Array<ArrayBuffer>>(Float32Array);
  #nearestRight = 0;
  #labelRight = 0;
  #rejectedKnown = 0;
  #rejectedUnknown = 0;

  constructor(nClasses: number) {
    this.#nClasses = nClasses;
    this.confusion = nClasses <= MAX_CONFUSION_CLASSES ? new Uint32Array((nClasses + 1) ** 2) : undefined;
  }

  add({ labels, scores, nearest }: Classification, target: Int32Array): void {
    for (let i = 0; i < target.length; i++) {
      const [truth, label] = [target[i] as number, labels[i] as number];
      if (this.confusion) {
        const at = this.#index(truth) * (this.#nClasses + 1) + this.#index(label);
        this.confusion[at] = (this.confusion[at] as number) + 1;
      }
      if (truth < 0) {
        this.#unknown.push(scores[i] as number);
        if (label < 0) this.#rejectedUnknown++;
        continue;
      }
      const isRight = nearest[i] === truth;
      this.#known.push(scores[i] as number);
      this.#isRight.push(Number(isRight));
      if (isRight) this.#nearestRight++;
      if (label === truth) this.#labelRight++;
      if (label < 0) this.#rejectedKnown++;
    }
  }

  /** Scores of known and of unknown rows. */
  get scores(): { readonly known: Float32Array; readonly unknown: Float32Array } {
    return { known: this.#known.values, unknown: this.#unknown.values };
  }

  /** Reports shares and metrics; null where there are no rows for one. */
  report(hasThreshold: boolean): Report {
    const { known, unknown } = this.scores;
    const decided = hasThreshold && {
      correctAndAccepted: share(this.#labelRight, known.length),
      rejectedKnown: share(this.#rejectedKnown, known.length),
      rejectedUnknown: share(this.#rejectedUnknown, unknown.length),
    };
    const compared = known.length > 0 &&
      unknown.length > 0 && {
        auroc: auroc(known, unknown),
        auprIn: auprIn(known, unknown),
        auprOut: auprOut(known, unknown),
        fpr95: fprAtTpr(known, unknown),
        oscr: oscr(known, this.#isRight.values, unknown),
      };
    return {
      known: known.length,
      unknown: unknown.length,
      accuracy: share(this.#nearestRight, known.length),
      ...decided,
      ...compared,
    };
  }

  #index(label: number): number {
    return label < 0 ? this.#nClasses : label;
  }
}
