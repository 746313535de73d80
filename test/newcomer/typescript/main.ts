import { CenterLossError, ClassCenters, type ErrorCode, OpenSetClassifier } from 'center-loss';

const rows = [
  [1, 0.1],
  [0.9, 0],
  [0, 1],
  [0.1, 0.9],
];
const names = ['cat', 'cat', 'dog', 'dog'];
const heldOutRows = [
  [1, 0.2],
  [0.9, -0.1],
  [0.1, 1.1],
  [0.2, 1],
];

const centers: ClassCenters = ClassCenters.fit(rows, names);
const classifier: OpenSetClassifier = new OpenSetClassifier(centers).fit(heldOutRows, names);
const bytes: Uint8Array = classifier.save();
const loaded: OpenSetClassifier = OpenSetClassifier.load(bytes);

function nameOf(row: readonly number[]): string | null {
  const { name, score }: { name: string | null; score: number } = loaded.decide(row);
  return Number.isFinite(score) ? name : null;
}

function codeOf(row: readonly number[]): ErrorCode | undefined {
  try {
    nameOf(row);
    return undefined;
  } catch (error) {
    if (error instanceof CenterLossError) return error.code;
    throw error;
  }
}

if (codeOf([1, 2, 3]) !== 'ERR_SHAPE') throw new Error('a row of three values was taken');
export const decided: string = JSON.stringify([nameOf([1, 0]), nameOf([0, 1]), nameOf([9, 9])]);
