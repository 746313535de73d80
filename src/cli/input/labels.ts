import { Failure, quoted } from '../failure.js';
import type { Block, Labels, RawLabels, Rows } from './rows.js';

/** Classes that labels are of. */
export interface Classes {
  readonly nClasses: number;
  /** Names of the classes, if they have any. */
  readonly names?: readonly string[] | undefined;
}

/** Treatment of a label that no class has: an error, an unknown row if it is a name, or an unknown row. */
export type UnknownLabelPolicy = 'refused' | 'unknown names' | 'unknown';

/** Integers as text, also in a column of floats: pandas makes one of integers with a gap. */
const INTEGER = /^[+-]?\d+(\.0*)?$/;
/** Labels that are read at once. */
const LABELS_AT_ONCE = 2 ** 18;

/** Encoder of labels as classes, below 0 = unknown. */
export class LabelEncoder {
  readonly #classes: Classes;
  readonly #byName: ReadonlyMap<string, number>;
  readonly #policy: UnknownLabelPolicy;
  /** True if some names look like numbers: then no text is a number. */
  readonly #hasNumbersAsNames: boolean;

  constructor(classes: Classes, policy: UnknownLabelPolicy) {
    this.#classes = classes;
    this.#hasNumbersAsNames = classes.names?.some((name) => INTEGER.test(name)) ?? false;
    this.#byName = new Map(classes.names?.map((name, j) => [name, j]));
    this.#policy = policy;
  }

  /**
   * @param first number of the row of the first label, for messages
   * @throws Failure for a label that no class has
   */
  encode(labels: RawLabels, first: number, file: string): Int32Array {
    const codes = new Int32Array(labels.length);
    for (let i = 0; i < codes.length; i++)
      codes[i] = this.#code(labels[i] as number | bigint | string, first + i, file);
    return codes;
  }

  /**
   * Encodes the labels of a block of rows.
   * @throws Failure unless there is a label for each row, of a class
   */
  encodeBlock(block: Block, first: number, rows: Rows): Int32Array {
    return this.encode(labelsOf(block, rows), first, rows.labelsName);
  }

  #code(label: number | bigint | string, row: number, file: string): number {
    const named = typeof label === 'string' ? this.#byName.get(label) : undefined;
    if (named !== undefined) return named;
    if (label === '') return -1;
    const { nClasses, names } = this.#classes;
    const number = typeof label === 'string' && !INTEGER.test(label) ? Number.NaN : Number(label);
    if (number < 0 && Number.isInteger(number)) return -1;
    const isNumber = Number.isInteger(number) && !(typeof label === 'string' && this.#hasNumbersAsNames);
    if (isNumber && number < nClasses) return number;
    const isName = typeof label === 'string' && names !== undefined && !isNumber;
    if (this.#policy === 'unknown' ? isName || Number.isInteger(number) : this.#policy !== 'refused' && isName) {
      return -1;
    }
    throw new Failure(`${file}: row ${row} has the label ${describe(label)}, but ${this.#classesText()}`);
  }

  #classesText(): string {
    const { nClasses, names } = this.#classes;
    if (!names) return `there are ${nClasses} classes (0 … ${nClasses - 1}; below 0 = unknown)`;
    return `the ${nClasses} classes are called ${quoted(names.join(', '))}`;
  }
}

const describe = (label: number | bigint | string): string => (typeof label === 'string' ? quoted(label) : `${label}`);

/** @throws Failure unless there is a label for each row */
export function labelsOf({ labels, rows: count }: Block, rows: Rows): RawLabels {
  if (labels?.length === count) return labels;
  throw new Failure(`${rows.labelsName}: there are fewer labels than rows in ${rows.name}`);
}

/**
 * Finds the classes that labels are of: as many as the highest label needs, or one for each name, sorted, so that the
 * order of the rows does not matter. There are none if no row has a class.
 */
export async function surveyClasses(labels: Labels): Promise<Classes> {
  let highest = -1;
  const names = new Set<string>();
  for (let first = 0; ; ) {
    const some = await labels.next(LABELS_AT_ONCE);
    for (let i = 0; i < some.length; i++) {
      const label = some[i] as number | bigint | string;
      if (typeof label === 'string') {
        if (label !== '') names.add(label);
      } else if (Number.isInteger(Number(label))) highest = Math.max(highest, Number(label));
      else throw new Failure(`${labels.name}: row ${first + i} has the label ${label}, which is not an integer`);
    }
    if (some.length < LABELS_AT_ONCE) break;
    first += some.length;
  }
  const isNumbered = [...names].every((name) => INTEGER.test(name));
  if (isNumbered) for (const name of names) highest = Math.max(highest, Number(name));
  if (!isNumbered) {
    const named = [...names].filter((name) => !(INTEGER.test(name) && name.startsWith('-'))).sort();
    return { nClasses: named.length, names: named };
  }
  return { nClasses: highest + 1 };
}
