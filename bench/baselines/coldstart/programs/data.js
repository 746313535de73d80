// @ts-check
/** The same batch for every program, made before its clock starts. As a program it does nothing more. */
export const [B, C, D] = [256, 960, 128];

/** A length that is no multiple of D, so that rows differ. */
const PERIOD = 1000;

/** Copies, which engines do fast: in a worker the data are part of the start. @param {number} length @param {number} step */
function wave(length, step) {
  const values = new Float32Array(length);
  for (let i = 0; i < PERIOD; i++) values[i] = Math.sin(i * step);
  for (let done = PERIOD; done < length; done *= 2) values.copyWithin(done, 0, done);
  return values;
}

export const x = wave(B * D, 0.37);
export const centers = wave(C * D, 0.11);
export const target = Int32Array.from({ length: B }, (_, i) => (i * 37) % C);

export default () => x.length + centers.length + target.length;
