import { Failure, note, quoted } from '../failure.js';
import { isInteger, isMissing, isNumber } from './cells.js';
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

/** Truth as a label without a name: 1 and 0. */
const TRUTH: Readonly<Record<string, number>> = { true: 1, false: 0 };
/** Classes that a few labels may make: memory grows with the highest label, but must follow what has arrived. */
const MAX_FEW_CLASSES = 2 ** 16;
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
    this.#hasNumbersAsNames = classes.names?.some((name) => isInteger(name)) ?? false;
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
    if (isGap(label)) {
      if (label !== '') note(file, `labels ${quoted(String(label))} are missing ones: their rows are unknown`);
      return -1;
    }
    const { nClasses, names } = this.#classes;
    const number =
      typeof label === 'string' && !isInteger(label)
        ? ((names ? undefined : TRUTH[label.toLowerCase()]) ?? Number.NaN)
        : Number(label);
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

/** Tells a label that is missing, in a text or as NaN of an array. */
const isGap = (label: RawLabels[number]): boolean =>
  typeof label === 'string' ? isMissing(label) : Number.isNaN(Number(label));

const describe = (label: RawLabels[number]): string => (typeof label === 'string' ? quoted(label) : `${label}`);

/**
 * Finds the classes of the labels at `path`: as many as the highest label needs, or one for each name, sorted, so that
 * the order of the rows does not matter. There are none if no row has a class.
 */
export async function surveyClasses(path: string, options: InputOptions): Promise<Classes> {
  const labels = await openLabels(path, options);
  let highest = -1;
  let first = 0;
  /** Texts, with the first row of each. */
  const texts = new Map<string, number>();
  try {
    for (;;) {
      const some = await labels.next(LABELS_AT_ONCE);
      for (let i = 0; i < some.length; i++) {
        const label = some[i] as RawLabels[number];
        if (typeof label === 'string') {
          if (!texts.has(label)) texts.set(label, first + i);
        } else if (isGap(label)) continue;
        else if (Number.isInteger(Number(label))) highest = Math.max(highest, Number(label));
        else throw notAnInteger(labels.name, first + i, label);
      }
      first += some.length;
      if (some.length < LABELS_AT_ONCE) break;
    }
  } finally {
    await labels.close();
  }
  const known = [...texts.keys()].filter((text) => !isMissing(text));
  if (known.every(isNumber)) {
    const other = known.find((text) => !isInteger(text));
    if (other !== undefined) throw notAnInteger(labels.name, texts.get(other) as number, other);
    const nClasses = known.reduce((most, text) => Math.max(most, Number(text)), highest) + 1;
    if (nClasses <= Math.max(first, MAX_FEW_CLASSES)) return { nClasses };
    throw new Failure(
      `${labels.name}: the highest of ${first} labels is ${nClasses - 1}: number the classes from 0 on, or give their number by --classes`,
    );
  }
  return namesOf(labels.name, [...texts.keys()]);
}

const notAnInteger = (file: string, row: number, label: RawLabels[number]): Failure =>
  new Failure(`${file}: row ${row} has the label ${label}, which is not an integer`);

/** Makes classes of texts of which some are words. */
function namesOf(file: string, texts: readonly string[]): Classes {
  // Numbers below 0 are unknown rows, also among names.
  const names = texts.filter((text) => text !== '' && !(isInteger(text) && text.startsWith('-'))).sort();
  const gap = names.find(isMissing);
  if (gap !== undefined) note(file, `the label ${quoted(gap)} is a class: leave the cell empty if it is a missing one`);
  const number = names.find((text) => isInteger(text));
  const word = names.find((text) => !isNumber(text));
  if (number !== undefined && word !== undefined) {
    note(
      file,
      `labels are words (${quoted(word)}) and numbers (${quoted(number)}): all are names of classes, in the order of their characters`,
    );
  }
  return { nClasses: names.length, names };
}
