// @ts-check
// Limits of this machine: WebAssembly loops of 128-bit vectors that only move as many bytes as a call must, or only
// multiply and add. They take turns with the implementations, so a time over a limit is a ratio of neighbours.

import binaryen from 'binaryen';
import { spread, timed } from './measure.js';

/** @import { Cost, Implementation, Limit } from './types.js' */
/** @typedef {Awaited<ReturnType<typeof openLimits>>} Limits */

export const EMPTY = 'empty WebAssembly call';

/** Bytes in one turn of the loops over memory: eight loads or stores. */
const TURN_BYTES = 128;
const PAGE_BYTES = 65_536;
const LANES = 4;

/**
 * Independent chains of multiply-adds. Each chain waits for its own last result: few leave the units idle, many spill
 * registers, of which V8 has 15 on x64 and more on arm64. The fastest count is looked for at run time.
 */
const CHAIN_COUNTS = [8, 12, 13, 24];

/** Sums that reads are added to. Four are a third faster in Node 20 and eight in Node 24, so both are tried. */
const SUM_COUNTS = [4, 8];

/** Turns in one call of the multiply-add loop; with 1000 the call itself would be 5 % of the time. */
const CHAIN_TURNS = 10_000;

/** @param {number} count */
const names = (count) => Array.from({ length: count }, (_, i) => `$s${i}`);
/** @param {number} count */
const locals = (count) =>
  `${names(count)
    .map((name) => `(local ${name} v128)`)
    .join(' ')}`;
/** @param {number} count @param {string} add */
const total = (count, add) =>
  names(count)
    .map((name) => `(local.get ${name})`)
    .reduce((left, right) => `(${add} ${left} ${right})`);

/**
 * s ← s·a + b in each chain: every product depends on the one before, so an engine can hoist or share none of them.
 * a < 1 keeps s near b/(1 − a), a normal number.
 *
 * @param {number} chains
 */
const multiplyAddLoop = (chains) => `
  (func (export "multiply_add_${chains}") (param $turns i32) (result f32)
    (local $a v128) (local $b v128) ${locals(chains)}
    (local.set $a (f32x4.splat (f32.const 0.5)))
    (local.set $b (f32x4.splat (f32.const 1)))
    (loop $turn
      ${names(chains)
        .map((s) => `(local.set ${s} (f32x4.add (f32x4.mul (local.get ${s}) (local.get $a)) (local.get $b)))`)
        .join('\n')}
      (br_if $turn (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (f32x4.extract_lane 0 ${total(chains, 'f32x4.add')}))`;

/** One pass from $at to `end`. @param {string} end @param {(offset: string, i: number) => string} each vector */
const walk = (end, each) => `
  (block $done_${end}
    (loop $turn_${end}
      (br_if $done_${end} (i32.ge_u (local.get $at) (local.get $${end})))
      ${Array.from({ length: TURN_BYTES / 16 }, (_, i) => each(`offset=${16 * i}`, i)).join('\n')}
      (local.set $at (i32.add (local.get $at) (i32.const ${TURN_BYTES})))
      (br $turn_${end})))`;

/**
 * [0, in_place) is changed where it stands, [in_place, copied) goes to what lies $away from it, [copied, read) is only
 * read, and [write, written) is only written. Integer sums are exact in any order and cost no more than the loads.
 *
 * @param {number} sums
 */
const streamLoop = (sums) => `
  (func (export "stream") (param $in_place i32) (param $copied i32) (param $read i32) (param $away i32)
    (param $write i32) (param $written i32) (param $passes i32) (result i32)
    (local $at i32) (local $one v128) (local $sum v128) ${locals(sums)}
    (local.set $one (i32x4.splat (i32.const 1)))
    (loop $pass
      (local.set $at (i32.const 0))
      ${walk('in_place', (at) => `(v128.store ${at} (local.get $at) (i32x4.add (v128.load ${at} (local.get $at)) (local.get $one)))`)}
      ${walk('copied', (at) => `(v128.store ${at} (i32.add (local.get $at) (local.get $away)) (v128.load ${at} (local.get $at)))`)}
      ${walk('read', (at, i) => `(local.set $s${i % sums} (i32x4.add (local.get $s${i % sums}) (v128.load ${at} (local.get $at))))`)}
      (local.set $at (local.get $write))
      ${walk('written', (at) => `(v128.store ${at} (local.get $at) (local.get $one))`)}
      (br_if $pass (local.tee $passes (i32.sub (local.get $passes) (i32.const 1)))))
    (local.set $sum ${total(sums, 'i32x4.add')})
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
      (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))`;

/** @param {number} sums */
export function assemble(sums) {
  const module = binaryen.parseText(`(module
    (memory (export "memory") 1)
    ${CHAIN_COUNTS.map(multiplyAddLoop).join('')}
    ${streamLoop(sums)}
    (func (export "empty") (result i32) (i32.const 1)))`);
  module.setFeatures(binaryen.Features.SIMD128);
  if (!module.validate()) throw new Error('the module of the limits is not valid');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(module.emitBinary())));
  module.dispose();
  const { memory, ...loops } =
    /** @type {{ memory: WebAssembly.Memory } & Record<string, (...sizes: number[]) => number>} */ (exports);

  return {
    empty: loops.empty,
    /** @param {number} chains */
    multiplyAdd: (chains) => loops[`multiply_add_${chains}`],

    /** Loop that moves so many bytes in each pass, all multiples of TURN_BYTES. @param {Omit<Cost, 'multiplyAdds'>} bytes */
    stream({ reads, writes, inPlace }) {
      const copied = inPlace + Math.min(reads, writes);
      const read = inPlace + reads;
      // Half a page off: a load waits for a store before it whose address has the same last 12 bits.
      const away = Math.ceil(read / 4096) * 4096 + 2048 - inPlace;
      const at = inPlace + away;
      const missing = at + writes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
      // Pages that were never written to are all one cached page of zeros.
      const values = new Int32Array(memory.buffer, 0, (at + writes) / 4);
      for (let i = 0; i < values.length; i++) values[i] = Math.imul(i + 1, 0x9e3779b1);
      const run = (/** @type {number} */ passes) =>
        loops.stream?.(inPlace, copied, read, away, copied + away, at + writes, passes);
      return { values, writtenAt: at, run };
    },
  };
}

/**
 * The candidate with the least median time. The best time is no judge: one lucky reading of the clock once chose the
 * loop that spills, at a third of the others' rate.
 *
 * @template T
 * @param {T[]} candidates
 * @param {(candidate: T) => number} time
 */
async function fastest(candidates, time) {
  const [warmRounds, rounds] = [60, 31];
  /** @type {number[][]} */
  const times = candidates.map(() => []);
  for (let round = 0; round < warmRounds + rounds; round++) {
    candidates.forEach((candidate, i) => {
      const taken = time(candidate);
      if (round >= warmRounds) times[i]?.push(taken);
    });
    await new Promise((resume) => setImmediate(resume));
  }
  const medians = times.map((each) => spread(each).median);
  return /** @type {T} */ (candidates[medians.indexOf(Math.min(...medians))]);
}

/** @param {() => unknown} run */
function clock(run) {
  const start = performance.now();
  run();
  return (performance.now() - start) * 1e6;
}

/** Bytes that pass between registers and memory. @param {Omit<Cost, 'multiplyAdds'>} cost */
const movedBytes = ({ reads, writes, inPlace }) => reads + writes + 2 * inPlace;

/** Names of a cost's limits; equal ones are measured once. @param {Cost} cost @returns {Record<Limit, string>} */
export const limitNames = ({ reads, writes, inPlace, multiplyAdds }) => ({
  streaming: `${reads} bytes read, ${writes} written, ${inPlace} in place`,
  'multiply-adds': `${multiplyAdds} multiply-adds`,
});

/** @param {number} bytes */
const roundUp = (bytes) => Math.ceil(bytes / TURN_BYTES) * TURN_BYTES;

export async function openLimits() {
  const readers = SUM_COUNTS.map((sums) => {
    const loops = assemble(sums);
    const { run } = loops.stream({ reads: 256 * 1024, writes: 0, inPlace: 0 });
    return { loops, time: () => clock(() => run(40)) };
  });
  const { loops } = await fastest(readers, ({ time }) => time());
  const chains = await fastest(CHAIN_COUNTS, (count) => clock(() => loops.multiplyAdd(count)?.(100_000)) / count);

  /** @param {Cost} cost @returns {Implementation} */
  const streaming = (cost) => {
    const bytes = { reads: roundUp(cost.reads), writes: roundUp(cost.writes), inPlace: roundUp(cost.inPlace) };
    const share = movedBytes(cost) / movedBytes(bytes);
    const { run } = loops.stream(bytes);
    return { name: limitNames(cost).streaming, limit: 'streaming', time: (passes) => clock(() => run(passes)) * share };
  };

  /** @param {Cost} cost @returns {Implementation} */
  const multiplyAdding = (cost) => ({
    name: limitNames(cost)['multiply-adds'],
    limit: 'multiply-adds',
    time(iterations) {
      const turns = (iterations * cost.multiplyAdds) / (chains * LANES);
      const calls = Math.ceil(turns / CHAIN_TURNS);
      const ns = clock(() => {
        for (let i = 0; i < calls; i++) loops.multiplyAdd(chains)?.(CHAIN_TURNS);
      });
      return ns * (turns / (calls * CHAIN_TURNS));
    },
  });

  return {
    /** @type {Implementation} */
    emptyCall: { name: EMPTY, time: timed(/** @type {() => number} */ (loops.empty)) },
    /** Each different limit of these costs once. @param {Cost[]} costs @returns {Implementation[]} */
    of(costs) {
      const all = costs.flatMap((cost) => [streaming(cost), multiplyAdding(cost)]);
      return [...new Map(all.map((each) => [each.name, each])).values()];
    },
  };
}
