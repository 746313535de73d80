/** Messages between the page and the worker that trains. */

export const LOSSES = {
  softmax: 'softmax alone',
  center: 'softmax + center loss',
  cac: 'class anchors (CAC)',
  island: 'softmax + island loss',
} as const;

export interface Settings {
  loss: keyof typeof LOSSES;
  /** Weight of the loss of the centers. */
  lambda: number;
  /** Rate at which the centers move. */
  alpha: number;
  seed: number;
  /** Share of the held-out digits that the threshold accepts. */
  accepted: number;
  /** Train with pictures of no class, too. */
  strangers: boolean;
}

export type ToWorker =
  | { type: 'start'; settings: Settings; digits: string }
  | { type: 'change'; settings: Settings }
  | { type: 'run' }
  | { type: 'pause' }
  | { type: 'step' }
  | { type: 'example'; digit: number }
  | { type: 'classify'; picture: Uint8Array };

/** One point of the curves. */
export interface Point {
  steps: number;
  /** Losses in the last step; null if the training has none. */
  softmax: number | null;
  center: number | null;
  /** Share of the test digits whose nearest center is that of their class. */
  accuracy: number;
}

/** Points and circles of the map, where the ring of centers has the radius 1, and the figures beside it. */
export interface Frame extends Point {
  /** x and y of each test digit [1000, 2]. */
  points: Float32Array;
  /** Class of each test digit. */
  labels: Int32Array;
  /** x and y of each center [10, 2]. */
  centers: Float32Array;
  /** Radius of the circle around each center: the threshold. */
  radius: number;
  /** Milliseconds of the steps so far, and those in this package. */
  time: { all: number; core: number };
}

export interface Verdict {
  /** Class, or −1 for unknown. */
  label: number;
  nearest: number;
  /** Distance to the nearest center. */
  score: number;
  threshold: number;
  point: [x: number, y: number];
}

export type FromWorker =
  | { type: 'loading'; share: number }
  | { type: 'frame'; frame: Frame }
  | { type: 'verdict'; verdict: Verdict }
  | { type: 'digit'; picture: Uint8Array }
  | { type: 'failed'; message: string };
