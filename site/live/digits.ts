/** The digits of MNIST that the page has, and pictures made like them. */

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
export const CLASSES = 10;

/** Digits of each part of the file that `make-digits.js` writes. */
const COUNTS = { train: 8000, heldOut: 500, test: 1000 };

/** Digits that look like no digit in a mirror. */
const STRANGE_IN_MIRROR = [3, 4, 6, 7, 9];

export interface Digits {
  /** Gray values [count, 784], 0 to 255; ink is 255. */
  readonly pixels: Uint8Array;
  /** Class of each digit [count]. */
  readonly labels: Int32Array;
}

export type Parts = Record<keyof typeof COUNTS, Digits>;

/** Loads the digits, and tells which share of the file has arrived. */
export async function loadDigits(url: string, onProgress: (share: number) => void): Promise<Parts> {
  const response = await fetch(url);
  if (!response.ok || response.body === null)
    throw new Error(`the digits could not be loaded: status ${response.status}`);
  const size = Number(response.headers.get('content-length'));
  let arrived = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      arrived += chunk.length;
      onProgress(size > 0 ? Math.min(1, arrived / size) : 0);
      controller.enqueue(chunk);
    },
  });
  const unpacked = response.body.pipeThrough(counter).pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(unpacked).arrayBuffer());
  const total = COUNTS.train + COUNTS.heldOut + COUNTS.test;
  if (bytes.length !== total * (1 + PIXELS)) throw new Error(`the file of digits has ${bytes.length} bytes`);
  const part = (start: number, count: number): Digits => ({
    labels: Int32Array.from(bytes.subarray(start, start + count)),
    pixels: bytes.subarray(total + start * PIXELS, total + (start + count) * PIXELS),
  });
  const { train, heldOut, test } = COUNTS;
  return { train: part(0, train), heldOut: part(train, heldOut), test: part(train + heldOut, test) };
}

/** Random numbers in [0, 1) that depend on the seed only (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Copies a picture, a little turned, scaled, slanted and moved, so that the network sees no picture twice. */
export function distort(picture: Uint8Array, out: Float32Array, random: () => number): void {
  const within = (limit: number) => (2 * random() - 1) * limit;
  const angle = within(0.13);
  const scale = 1 + within(0.07);
  const slant = within(0.12);
  const [right, down] = [within(0.9), within(0.9)];
  const middle = (SIDE - 1) / 2;
  const [cosine, sine] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const ink = (x: number, y: number) => (x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : (picture[y * SIDE + x] ?? 0));
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [u, v] = [x - middle, y - middle];
      const fromX = cosine * u + (sine + slant) * v + middle + right;
      const fromY = cosine * v - sine * u + middle + down;
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [a, b] = [fromX - left, fromY - top];
      const upper = ink(left, top) * (1 - a) + ink(left + 1, top) * a;
      const lower = ink(left, top + 1) * (1 - a) + ink(left + 1, top + 1) * a;
      out[y * SIDE + x] = (upper * (1 - b) + lower * b) / 255;
    }
  }
}

/**
 * Centers a drawing as MNIST centers its digits: the ink fits into 20 × 20 pixels, and its center of mass is in the
 * middle of 28 × 28. Gives null if there is no ink.
 * @param ink darkness of each pixel [width, width], 0 to 255
 */
export function centerDrawing(ink: Uint8Array | Uint8ClampedArray, width: number): Uint8Array | null {
  let [left, right, top, bottom, mass, massX, massY] = [width, -1, width, -1, 0, 0, 0];
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      const value = ink[y * width + x] ?? 0;
      if (value < 20) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      mass += value;
      massX += value * (x + 0.5);
      massY += value * (y + 0.5);
    }
  }
  if (mass === 0) return null;
  const scale = Math.max(right - left + 1, bottom - top + 1) / 20;
  const samples = Math.max(2, Math.ceil(2 * scale));
  const out = new Uint8Array(PIXELS);
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const fromX = massX / mass + ((pixel % SIDE) - SIDE / 2) * scale;
    const fromY = massY / mass + (Math.floor(pixel / SIDE) - SIDE / 2) * scale;
    let sum = 0;
    for (let sample = 0; sample < samples ** 2; sample++) {
      const x = Math.floor(fromX + (((sample % samples) + 0.5) / samples) * scale);
      const y = Math.floor(fromY + ((Math.floor(sample / samples) + 0.5) / samples) * scale);
      if (x >= 0 && y >= 0 && x < width && y < width) sum += ink[y * width + x] ?? 0;
    }
    out[pixel] = Math.round(sum / samples ** 2);
  }
  return out;
}

/** Draws a few random lines and arcs with a round pen. */
function scribble(random: () => number): Uint8Array {
  const width = 2 * SIDE;
  const ink = new Uint8Array(width * width);
  const somewhere = () => 8 + random() * (width - 16);
  const pen = 1.6 + random() * 2.4;
  const dot = (x: number, y: number) => {
    for (let b = Math.max(0, Math.floor(y - pen)); b <= Math.min(width - 1, y + pen + 1); b++) {
      for (let a = Math.max(0, Math.floor(x - pen)); a <= Math.min(width - 1, x + pen + 1); a++) {
        const value = 255 * Math.min(1, Math.max(0, pen + 0.5 - Math.hypot(a - x, b - y)));
        ink[b * width + a] = Math.max(ink[b * width + a] ?? 0, value);
      }
    }
  };
  const strokes = 2 + Math.floor(random() * 3);
  let [x, y] = [somewhere(), somewhere()];
  for (let stroke = 0; stroke < strokes; stroke++) {
    if (random() < 0.5) [x, y] = [somewhere(), somewhere()];
    const [endX, endY] = [somewhere(), somewhere()];
    const isArc = random() < 0.4;
    const [bendX, bendY] = isArc ? [somewhere(), somewhere()] : [(x + endX) / 2, (y + endY) / 2];
    for (let t = 0; t <= 1; t += 0.02) {
      const [start, bend, end] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
      dot(start * x + bend * bendX + end * endX, start * y + bend * bendY + end * endY);
    }
    [x, y] = [endX, endY];
  }
  return centerDrawing(ink, width) ?? new Uint8Array(PIXELS);
}

/** Makes a picture that is no digit: a scribble, or a digit in a mirror. */
export function stranger({ pixels, labels }: Digits, random: () => number): Uint8Array {
  const row = Math.floor(random() * labels.length);
  if (!STRANGE_IN_MIRROR.includes(labels[row] as number)) return scribble(random);
  const digit = pixels.subarray(row * PIXELS, (row + 1) * PIXELS);
  return digit.map((_, i) => digit[i - 2 * (i % SIDE) + SIDE - 1] as number);
}
