/** B rows, D dimensions, C classes. */
export type Shape = { B: number; D: number; C: number };

/** Any array in a loop that stays inside it; `any` because the checker would otherwise ask whether each value exists. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Numbers = { readonly length: number; [index: number]: any };

export type Data = { x: Float32Array; target: Int32Array; centers: Float32Array; logits?: Float32Array };

/** Arrays by name, such as `gradX`. */
export type Results = Record<string, ArrayLike<number>>;

/** The least that any implementation of a call does: bytes that it reads, writes, or both in place. */
export type Cost = { reads: number; writes: number; inPlace: number; multiplyAdds: number };

export type Limit = 'streaming' | 'multiply-adds';

export type Implementation = {
  name: string;
  /** Results for comparison, taken once before timing. */
  results?: () => Results | Promise<Results>;
  /** Relative error that the results may have. */
  tolerance?: number;
  /** Share of the rows whose nearest center an approximate search finds. */
  recall?: number;
  /** Nanoseconds that so many calls take. */
  time: (iterations: number) => number | Promise<number>;
  /** Cost of one of ours, whose time is compared with its limits. */
  cost?: Cost;
  /** The limit that this implementation measures. */
  limit?: Limit;
  dispose?: () => unknown;
};

export type Baseline = {
  implementations: (one: Case, data: Data) => Implementation[] | Promise<Implementation[]>;
  close?: () => void;
};

/** A figure to reach: the ratio of a row's time to another's, or for `minus` the difference in µs. */
export type Target = {
  what: string;
  row: string;
  /** A row's name, a limit, or `limit` for the longer of both. */
  over?: string;
  minus?: string;
  atMost?: number;
  /** Least share of the other's rate, the inverse of the ratio. */
  atLeast?: number;
};

/** One call at one shape. */
export type Case = {
  id: string;
  /** Cases of one title share a table. */
  title: string;
  operation: string;
  shape: Shape;
  /** Name of the implementation to which the others are compared. */
  base: string;
  data: () => Data;
  ours: (data: Data) => Implementation[];
  /** Methods of baselines/python_calls.py by the names of their rows. */
  python?: Record<string, string>;
  /** Correct results. Without them the baselines are compared with the first of ours. */
  expected?: (data: Data) => Results;
  targets?: Target[];
};

/** `warmMs` and `sampleMs` are for one implementation, `caseMs` for all rounds of a case. */
export type Effort = { warmMs: number; sampleMs: number; caseMs: number; minRounds: number; maxRounds: number };

/** Nanoseconds of one call, one sample a round. */
export type Timing = { implementation: Implementation; samples: number[] };

export type Spread = { median: number; q1: number; q3: number; min: number; max: number };

export type Row = {
  name: string;
  ns: Spread;
  /** Time over that of the base in the same round. */
  ratio?: Spread;
  /** Time over the longer limit in the same round. */
  over?: Spread & { by: Limit };
  limit?: Limit;
  recall?: number;
  samples: number[];
};

export type Result = Pick<Case, 'id' | 'title' | 'operation' | 'shape' | 'base' | 'targets'> & { rows: Row[] };

/** All results on one version of Node, and what they depend on. */
export type Run = { node: string; machine: string[]; results: Result[] };

/** `whole`: every case with all rounds. */
export type Report = { suite: string; whole: boolean; seconds: number; runs: Run[] };
