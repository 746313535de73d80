/**
 * Lays features of many dimensions out on a plane. The centers stand on a ring. Each point lies at its true distance from
 * its nearest center, so that it is within the circle of that center if, and only if, the classifier accepts it. Its
 * direction from there is a projection: it leans towards the classes that it resembles.
 */

export class Plane {
  /** x and y of each center [C, 2]. */
  readonly places: Float32Array;
  /** Length on the plane of a distance of 1. */
  readonly scale: number;

  readonly #centers: Float32Array;
  readonly #axes: Float32Array;
  readonly #width: number;

  /** @param centers [C, D] */
  constructor(centers: Float32Array, count: number) {
    const width = centers.length / count;
    this.#width = width;
    this.#centers = centers;
    this.places = Float32Array.from({ length: 2 * count }, (_, i) => {
      const turn = (2 * Math.PI * (i >> 1)) / count - Math.PI / 2;
      return i % 2 === 0 ? Math.cos(turn) : Math.sin(turn);
    });
    // The axes of the projection take each center towards its place on the ring.
    this.#axes = new Float32Array(2 * width);
    let gaps = 0;
    for (let a = 0; a < count; a++) {
      let nearest = Number.POSITIVE_INFINITY;
      for (let b = 0; b < count; b++) if (a !== b) nearest = Math.min(nearest, this.#between(centers, a, b));
      gaps += nearest / count;
      for (let i = 0; i < width; i++) {
        const value = centers[a * width + i] as number;
        for (const axis of [0, 1])
          (this.#axes[axis * width + i] as number) += value * (this.places[2 * a + axis] as number);
      }
    }
    // Neighbours on the ring are as far from each other as the nearest two centers are on average.
    this.scale = (2 * Math.sin(Math.PI / count)) / Math.max(gaps, Number.MIN_VALUE);
  }

  /** Places [B, 2] of features [B, D], given the nearest center of each. */
  points(features: Float32Array, nearest: Int32Array): Float32Array {
    const points = new Float32Array(2 * nearest.length);
    nearest.forEach((center, row) => {
      if (center < 0) return;
      const [across, up] = [0, 1].map((axis) => this.#along(axis, features, row, center)) as [number, number];
      const stretch = (this.scale * this.#between(features, row, center)) / Math.max(Math.hypot(across, up), 1e-30);
      points[2 * row] = (this.places[2 * center] as number) + across * stretch;
      points[2 * row + 1] = (this.places[2 * center + 1] as number) + up * stretch;
    });
    return points;
  }

  /** Distance of a row to a center. */
  #between(rows: Float32Array, row: number, center: number): number {
    let sum = 0;
    for (let i = 0; i < this.#width; i++) sum += this.#difference(rows, row, center, i) ** 2;
    return Math.sqrt(sum);
  }

  /** Projection on an axis of the way from a center to a row. */
  #along(axis: number, rows: Float32Array, row: number, center: number): number {
    let sum = 0;
    for (let i = 0; i < this.#width; i++) {
      sum += this.#difference(rows, row, center, i) * (this.#axes[axis * this.#width + i] as number);
    }
    return sum;
  }

  #difference(rows: Float32Array, row: number, center: number, i: number): number {
    return (rows[row * this.#width + i] as number) - (this.#centers[center * this.#width + i] as number);
  }
}
