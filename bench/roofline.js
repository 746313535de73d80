// @ts-check
// What this machine can do at best with 128-bit WebAssembly, in loops that do nothing else.

import binaryen from 'binaryen';
import { spread } from './summary.js';

/** Bytes in one turn of the loops over memory: eight loads or stores. */
const STEP = 128;
const PAGE = 65_536;
const LANES = 4;

// A chain waits for its own last result, so it takes many of them to keep the units busy, and too many spill:
// V8 has 15 registers on x64, others fewer, and arm64 has 32. The fastest count is looked for at run time.
export const chainCounts = [8, 12, 13, 24];

// Of the sums that reads go to, four are fastest in Node 20 and eight in Node 24, each by a third: looked for as well.
export const sumCounts = [4, 8];

/** @param {string[]} names @param {string} add */
const total = (names, add) =>
  names.map((name) => `(local.get ${name})`).reduce((left, right) => `(${add} ${left} ${right})`);

/** @param {number} length */
const sums = (length) => Array.from({ length }, (_, i) => `$s${i}`);

/** @param {string[]} names */
const vectors = (names) => names.map((name) => `(local ${name} v128)`).join(' ');

/**
 * s ← s·a + b in each chain: every product hangs on the one before, so none can be hoisted out of the loop or
 * shared, as could those of s ← s + a·b with a and b in registers. a < 1 keeps s near b/(1 − a), a normal number.
 *
 * @param {number} chains
 */
function multiplyAddLoop(chains) {
  const names = sums(chains);
  const multiplyAdds = names.map(
    (s) => `(local.set ${s} (f32x4.add (f32x4.mul (local.get ${s}) (local.get $a)) (local.get $b)))`,
  );
  return `
  (func (export "multiply_add_${chains}") (param $turns i32) (result f32)
    (local $a v128) (local $b v128) ${vectors(names)}
    (local.set $a (f32x4.splat (f32.const 0.5)))
    (local.set $b (f32x4.splat (f32.const 1)))
    (loop $turn
      ${multiplyAdds.join('\n      ')}
      (br_if $turn (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (f32x4.extract_lane 0 ${total(names, 'f32x4.add')}))`;
}

/**
 * Integer sums are exact in any order, so the result can be checked, and they cost no more than the loads.
 *
 * @param {string[]} names  of the sums
 */
function readLoop(names) {
  const reads = Array.from({ length: STEP / 16 }, (_, i) => readInto(names, 16 * i, i));
  return `
  (func (export "read") (param $bytes i32) (param $passes i32) (result i32)
    (local $at i32) (local $sum v128) ${vectors(names)}
    (loop $pass
      (local.set $at (i32.const 0))
      (loop $turn
        ${reads.join('\n        ')}
        (local.set $at (i32.add (local.get $at) (i32.const ${STEP})))
        (br_if $turn (i32.lt_u (local.get $at) (local.get $bytes))))
      (br_if $pass (local.tee $passes (i32.sub (local.get $passes) (i32.const 1)))))
    (local.set $sum ${total(names, 'i32x4.add')})
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
      (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))`;
}

/** @param {string[]} names @param {number} offset @param {number} i  the load's number */
function readInto(names, offset, i) {
  const sum = names[i % names.length];
  return `(local.set ${sum} (i32x4.add (local.get ${sum}) (v128.load offset=${offset} (local.get $at))))`;
}

/**
 * One pass over a segment [$at, $end), skipped where it is empty.
 *
 * @param {string} label
 * @param {string} end
 * @param {(offset: number, i: number) => string} each  of the eight vectors in a turn
 */
const walk = (label, end, each) => `
      (block $${label}_done
        (loop $${label}
          (br_if $${label}_done (i32.ge_u (local.get $at) (local.get ${end})))
          ${Array.from({ length: STEP / 16 }, (_, i) => each(16 * i, i)).join('\n          ')}
          (local.set $at (i32.add (local.get $at) (i32.const ${STEP})))
          (br $${label})))`;

/**
 * Reads and writes as many bytes as a work does: [0, inPlace) is changed where it stands, [inPlace, copied) goes to
 * what lies $away from it, up to $read is only read; [$write, $written) is only written. All are multiples of STEP.
 *
 * @param {string[]} names  of the sums
 */
function streamLoop(names) {
  const load = (/** @type {number} */ offset) => `(v128.load offset=${offset} (local.get $at))`;
  return `
  (func (export "stream") (param $in_place i32) (param $copied i32) (param $read i32) (param $away i32)
    (param $write i32) (param $written i32) (param $passes i32) (result i32)
    (local $at i32) (local $one v128) ${vectors(names)}
    (local.set $one (i32x4.splat (i32.const 1)))
    (loop $pass
      (local.set $at (i32.const 0))
      ${walk('change', '$in_place', (offset) => `(v128.store offset=${offset} (local.get $at) (i32x4.add ${load(offset)} (local.get $one)))`)}
      ${walk('copy', '$copied', (offset) => `(v128.store offset=${offset} (i32.add (local.get $at) (local.get $away)) ${load(offset)})`)}
      ${walk('read', '$read', (offset, i) => readInto(names, offset, i))}
      (local.set $at (local.get $write))
      ${walk('write', '$written', (offset) => `(v128.store offset=${offset} (local.get $at) (local.get $one))`)}
      (br_if $pass (local.tee $passes (i32.sub (local.get $passes) (i32.const 1)))))
    (i32x4.extract_lane 0 ${total(names, 'i32x4.add')}))`;
}

/** @param {number} sumCount */
const wat = (sumCount) => `(module
  (memory (export "memory") 1)
  ${chainCounts.map(multiplyAddLoop).join('')}
  ${readLoop(sums(sumCount))}
  ${streamLoop(sums(sumCount))}
  (func (export "empty") (result i32) (i32.const 1))
)`;

/** @typedef {ReturnType<typeof assemble>} Roofline */

/** @param {number} sumCount  one of `sumCounts` */
export function assemble(sumCount) {
  const module = binaryen.parseText(wat(sumCount));
  module.setFeatures(binaryen.Features.SIMD128);
  if (!module.validate()) throw new Error('the roofline module is not valid');
  const binary = new Uint8Array(module.emitBinary());
  module.dispose();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
  const memory = /** @type {WebAssembly.Memory} */ (exports.memory);
  /** Puts values where loops read: pages never written to are all one page of zeros, which stays cached. */
  function fill(/** @type {number} */ bytes) {
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    const values = new Int32Array(memory.buffer, 0, bytes / 4);
    for (let i = 0; i < values.length; i++) values[i] = Math.imul(i + 1, 0x9e3779b1);
    return values;
  }

  return {
    fill,

    /** Does nothing: what a call costs. @type {() => number} */
    empty: /** @type {() => number} */ (exports.empty),

    /** Sums the int32 lanes of the first `bytes`, a multiple of STEP, `passes` times over. */
    read: /** @type {(bytes: number, passes: number) => number} */ (exports.read),

    /** @type {(chains: number, turns: number) => number} `chains` is one of `chainCounts` */
    multiplyAdd: (chains, turns) => /** @type {(turns: number) => number} */ (exports[`multiply_add_${chains}`])(turns),

    /**
     * A loop that reads and writes that many bytes in each pass; see `streamLoop`.
     *
     * @param {{ reads: number, writes: number, inPlace: number }} bytes  multiples of STEP
     */
    stream({ reads, writes, inPlace }) {
      const copied = inPlace + Math.min(reads, writes);
      const read = inPlace + reads;
      // Half a page off: a load waits for a store before it whose address has the same last 12 bits.
      const away = Math.ceil(read / 4096) * 4096 + 2048 - inPlace;
      const write = copied + away;
      const written = inPlace + away + writes;
      const values = fill(written);
      const loop = /** @type {(...sizes: number[]) => number} */ (exports.stream);
      return {
        values,
        /** Where what is written begins. */
        at: inPlace + away,
        run: (/** @type {number} */ passes) => loop(inPlace, copied, read, away, write, written, passes),
      };
    },
  };
}

/** @param {number} bytes */
export const roundUpToStep = (bytes) => Math.ceil(bytes / STEP) * STEP;

/** Multiply-adds, counted by lanes, in one turn of the loop. @param {number} chains */
export const multiplyAddsPerTurn = (chains) => chains * LANES;

const WARM_ROUNDS = 60;
const ROUNDS = 31;

/**
 * Candidates take turns, and the median decides: by their best times, one lucky reading of the clock once chose the
 * loop that spills, at a third of the others' rate.
 *
 * @template Candidate
 * @param {Candidate[]} candidates
 * @param {(candidate: Candidate) => number} time
 * @returns {Promise<Candidate>}
 */
export async function fastest(candidates, time) {
  /** @type {number[][]} */
  const times = candidates.map(() => []);
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round++) {
    candidates.forEach((candidate, i) => {
      const taken = time(candidate);
      if (round >= WARM_ROUNDS) times[i]?.push(taken);
    });
    // Compilers work in the background between two turns of the event loop.
    await new Promise((resume) => setImmediate(resume));
  }
  const medians = times.map((each) => spread(each).median);
  return /** @type {Candidate} */ (candidates[medians.indexOf(Math.min(...medians))]);
}

/** @param {Roofline} roofline @returns {Promise<number>} the count of chains that is fastest on this machine */
export function fastestChains(roofline) {
  const turns = 100_000;
  return fastest(chainCounts, (chains) => {
    const start = performance.now();
    roofline.multiplyAdd(chains, turns);
    return (performance.now() - start) / chains;
  });
}

/** @returns {Promise<Roofline>} the one that reads fastest on this machine */
export function fastestReader() {
  const bytes = 256 * 1024;
  const passes = 40;
  const candidates = sumCounts.map(assemble);
  for (const { fill } of candidates) fill(bytes);
  return fastest(candidates, ({ read }) => {
    const start = performance.now();
    read(bytes, passes);
    return performance.now() - start;
  });
}
