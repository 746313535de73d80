// @ts-check
// What this machine can do at best with 128-bit WebAssembly, in loops that do nothing else.

import binaryen from 'binaryen';

/** Bytes in one turn of the reading loop: eight loads, each into a sum of its own. */
const READ_STEP = 128;
const PAGE = 65_536;
const LANES = 4;

// A chain waits for its own last result, so it takes many of them to keep the units busy, and too many spill:
// V8 has 15 registers on x64, others fewer, and arm64 has 32. The fastest count is looked for at run time.
export const chainCounts = [8, 12, 13, 24];

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

/** Integer sums are exact in any order, so the result can be checked, and they cost no more than the loads. */
function readLoop() {
  const names = sums(READ_STEP / 16);
  const reads = names.map(
    (s, i) => `(local.set ${s} (i32x4.add (local.get ${s}) (v128.load offset=${16 * i} (local.get $at))))`,
  );
  return `
  (func (export "read") (param $bytes i32) (param $passes i32) (result i32)
    (local $at i32) (local $sum v128) ${vectors(names)}
    (loop $pass
      (local.set $at (i32.const 0))
      (loop $turn
        ${reads.join('\n        ')}
        (local.set $at (i32.add (local.get $at) (i32.const ${READ_STEP})))
        (br_if $turn (i32.lt_u (local.get $at) (local.get $bytes))))
      (br_if $pass (local.tee $passes (i32.sub (local.get $passes) (i32.const 1)))))
    (local.set $sum ${total(names, 'i32x4.add')})
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
      (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))`;
}

export const wat = `(module
  (memory (export "memory") 1)
  ${chainCounts.map(multiplyAddLoop).join('')}
  ${readLoop()}
)`;

/** @typedef {ReturnType<typeof assemble>} Roofline */

export function assemble() {
  const module = binaryen.parseText(wat);
  module.setFeatures(binaryen.Features.SIMD128);
  if (!module.validate()) throw new Error('the roofline module is not valid');
  const binary = new Uint8Array(module.emitBinary());
  module.dispose();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
  const memory = /** @type {WebAssembly.Memory} */ (exports.memory);
  return {
    /** Sums the int32 lanes of the first `bytes`, a multiple of READ_STEP, `passes` times over. */
    read: /** @type {(bytes: number, passes: number) => number} */ (exports.read),

    /** @type {(chains: number, turns: number) => number} `chains` is one of `chainCounts` */
    multiplyAdd: (chains, turns) => /** @type {(turns: number) => number} */ (exports[`multiply_add_${chains}`])(turns),

    /** Puts values where `read` reads: pages never written to are all one page of zeros, which stays cached. */
    fill(/** @type {number} */ bytes) {
      const missing = bytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
      const values = new Int32Array(memory.buffer, 0, bytes / 4);
      for (let i = 0; i < values.length; i++) values[i] = Math.imul(i + 1, 0x9e3779b1);
      return values;
    },
  };
}

/** @param {number} bytes */
export const roundUpToStep = (bytes) => Math.ceil(bytes / READ_STEP) * READ_STEP;

/** Multiply-adds, counted by lanes, in one turn of the loop. @param {number} chains */
export const multiplyAddsPerTurn = (chains) => chains * LANES;

/**
 * @param {Roofline} roofline
 * @returns {Promise<number>} the count of chains that is fastest on this machine
 */
export async function fastestChains(roofline) {
  const turns = 2000;
  let fastest = { chains: 0, rate: 0 };
  for (const chains of chainCounts) {
    // The best of many short calls: the first ones still run unoptimized code.
    for (let call = 0; call < 2000; call++) {
      const start = performance.now();
      roofline.multiplyAdd(chains, turns);
      const rate = (turns * chains) / (performance.now() - start);
      if (rate > fastest.rate) fastest = { chains, rate };
      // Compilers work in the background between two turns of the event loop.
      if (call % 200 === 0) await new Promise((resume) => setImmediate(resume));
    }
  }
  return fastest.chains;
}
