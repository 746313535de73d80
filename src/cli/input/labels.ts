import { Failure, quoted } from '../failure.js';
import { type InputOptions, openLabels } from './open.js';
import type { Block, RawLabels, Rows } from './rows.js';

/** Classes of labels. */
export interface Classes {
  readonly nClasses: number;
  /** Names of the classes, if they have any. */
  readonly names?: readonly string[] | undefined;
}

/** Treatment of a label that no class has: always an error, an unknown row if it is a name, or always an unknown row. */
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
  /** True if some names look like numbers: then every text is a name. */
  readonly #hasNumbersAsNames: boolean;

  constructor(classes: Classes, policy: UnknownLabelPolicy) {
    this.#classes = classes;
    this.#hasNumbersAsNames = classes.names?.some((name) => INTEGER.test(name)) ?? false;
    this.#byName = new Map(classes.names?.map((name, j) => [name, j]));
    this.#policy = policy;
  }

  /** Encodes the labels of a block. @throws Failure for a label that no class has */
  encode({ labels = [], first }: Block, { labelsName }: Rows): Int32Array {
    const codes = new Int32Array(labels.length);
    for (let i = 0; i < codes.length; i++) codes[i] = this.#code(labels[i] as RawLabels[number], first + i, labelsName);
    return codes;
  }

  #code(label: RawLabels[number], row: number, file: string): number {
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

const describe = (label: RawLabels[number]): string => (typeof label === 'string' ? quoted(label) : `${label}`);

/**
 * Finds the classes of the labels at `path`: as many as the highest label needs, or one for each name, sorted, so that
 * the order of the rows does not matter. There are none if no row has a class.
 */
export async function surveyClasses(path: string, options: InputOptions): Promise<Classes> {
  const labels = await openLabels(path, options);
  let highest = -1;
  const names = new Set<string>();
  try {
    for (let first = 0; ; ) {
      const some = await labels.next(LABELS_AT_ONCE);
      for (let i = 0; i < some.length; i++) {
        const label = some[i] as RawLabels[number];
        if (typeof label === 'string') {
          if (label !== '') names.add(label);
        } else if (Number.isInteger(Number(label))) highest = Math.max(highest, Number(label));
        else throw new Failure(`${labels.name}: row ${first + i} has the label ${label}, which is not an integer`);
      }
      if (some.length < LABELS_AT_ONCE) break;
      first += some.length;
    }
  } finally {
    await labels.close();
  }
  const isNumbered = [...names].every((name) => INTEGER.test(name));
  if (isNumbered) return { nClasses: [...names].reduce((most, name) => Math.max(most, Number(name)), highest) + 1 };
  // Numbers below 0 are unknown rows, also among names.
  const named = [...names].filter((name) => !(INTEGER.test(name) && name.startsWith('-'))).sort();
  return { nClasses: named.length, names: named };
}
