//! The two walks over the dimensions of rows that every formula is made of: one sums ‖x − c‖², one writes.
//!
//! ‖x − c‖² is always summed from the differences, never from ‖x‖² + ‖c‖² − 2x·c, which loses everything for tight
//! clusters away from the origin. Sums run in `f32` over at most [`BLOCK`] dimensions and in `f64` across blocks, so
//! that a million dimensions are as exact as a hundred.

use crate::rows::shape::{at, part, part_mut};
use crate::simd::vector::{LANES, Vector, lesser};

/// Dimensions that are summed in `f32` before the sum moves to `f64`: at most 128 additions a lane, which round by
/// less than 10⁻⁵ even if all round the same way.
pub const BLOCK: usize = 512;

/// Independent sums of one pair, so that an addition need not wait for the one before it.
const CHAINS: usize = 4;

/// ‖x − c‖² of one pair.
#[must_use]
#[inline(never)]
pub fn squared_distance<V: Vector>(x: &[f32], c: &[f32]) -> f64 {
    residual::<V, 0, 0>(x, c, [], [], |_, []| [])
}

/// ‖x − c‖² of one pair, and in the same walk outputs ← f(x − c, inputs), each value from those of its own dimension.
///
/// All slices have one length. The distance is the same to the last bit, whatever else is computed with it.
#[inline]
pub fn residual<V: Vector, const I: usize, const O: usize>(
    x: &[f32],
    c: &[f32],
    inputs: [&[f32]; I],
    outputs: [&mut [f32]; O],
    f: impl Fn(V, [V; I]) -> [V; O],
) -> f64 {
    let dim = x.len();
    // Cut to one length, which lets the compiler drop the bounds checks in the loops.
    let (x_runs, x_lanes, x_rest) = cut(x);
    let (c_runs, c_lanes, c_rest) = cut(part(c, 0, dim));
    let inputs = inputs.map(|input| cut(part(input, 0, dim)));
    let outputs = outputs.map(|output| cut_mut(part_mut(output, 0, dim)));

    let mut sums = [V::splat(0.0); CHAINS];
    let step = |sum: &mut V, x: V, c: V, inputs: [V; I]| {
        let difference = x.sub(c);
        *sum = difference.mul_add(difference, *sum);
        f(difference, inputs)
    };
    let mut total = 0.0;
    let mut end_of_block = BLOCK / LANES / CHAINS;
    for (run, (x, c)) in x_runs.iter().zip(c_runs).enumerate() {
        if run == end_of_block {
            end_of_block += BLOCK / LANES / CHAINS;
            total += f64::from(sum_of(sums));
            sums = [V::splat(0.0); CHAINS];
        }
        for chain in 0..CHAINS {
            let inputs = inputs.map(|(input, ..)| V::load(&input[run][chain]));
            let results = step(&mut sums[chain], V::load(&x[chain]), V::load(&c[chain]), inputs);
            for o in 0..O {
                results[o].store(&mut outputs[o].0[run][chain]);
            }
        }
    }
    for (run, (x, c)) in x_lanes.iter().zip(c_lanes).enumerate() {
        let inputs = inputs.map(|(_, input, _)| V::load(&input[run]));
        let results = step(&mut sums[0], V::load(x), V::load(c), inputs);
        for o in 0..O {
            results[o].store(&mut outputs[o].1[run]);
        }
    }
    for (k, (x, c)) in x_rest.iter().zip(c_rest).enumerate() {
        let inputs = inputs.map(|(.., input)| first(input[k]));
        let results = step(&mut sums[1], first(*x), first(*c), inputs);
        for o in 0..O {
            outputs[o].2[k] = results[o].to_array()[0];
        }
    }
    total += f64::from(sum_of(sums));
    if total.is_finite() { total } else { far_squared_distance(x, c) }
}

#[inline]
fn sum_of<V: Vector>(chains: [V; CHAINS]) -> f32 {
    chains[0].add(chains[2]).add(chains[1].add(chains[3])).sum()
}

/// Squares of more than 10³⁸: float64 holds them. Where x or c is not finite, neither is this.
#[cold]
#[inline(never)]
fn far_squared_distance(x: &[f32], c: &[f32]) -> f64 {
    x.iter().zip(c).map(|(x, c)| f64::from(*x) - f64::from(*c)).map(|difference| difference * difference).sum()
}

/// A value in lane 0, 0 in the others: where up to three are left, one at a time takes less than to gather them.
#[inline]
fn first<V: Vector>(value: f32) -> V {
    V::load(&[value, 0.0, 0.0, 0.0])
}

type Run = [[f32; LANES]; CHAINS];

/// Values as runs of [`CHAINS`] vectors, single vectors, and the rest.
#[inline]
fn cut(values: &[f32]) -> (&[Run], &[[f32; LANES]], &[f32]) {
    let (vectors, rest) = values.as_chunks();
    let (runs, single) = vectors.as_chunks();
    (runs, single, rest)
}

#[inline]
fn cut_mut(values: &mut [f32]) -> (&mut [Run], &mut [[f32; LANES]], &mut [f32]) {
    let (vectors, rest) = values.as_chunks_mut();
    let (runs, single) = vectors.as_chunks_mut();
    (runs, single, rest)
}

/// ‖x − c‖² of `R` rows with four centers, a row's four in one vector: each value is loaded once for all its pairs.
#[must_use]
#[inline]
pub fn squared_distances<V: Vector, const R: usize>(x: [&[f32]; R], c: [&[f32]; LANES]) -> [V; R] {
    let dim = x.first().map_or(0, |row| row.len());
    let mut totals = [[0.0_f64; LANES]; R];
    for start in (0..dim).step_by(BLOCK) {
        let len = BLOCK.min(dim - start);
        let sums = squared_distances_of_block(x.map(|row| part(row, start, len)), c.map(|row| part(row, start, len)));
        if dim <= BLOCK {
            return sums;
        }
        for (totals, sums) in totals.iter_mut().zip(sums) {
            for (total, sum) in totals.iter_mut().zip(sums.to_array()) {
                *total += f64::from(sum);
            }
        }
    }
    #[allow(clippy::cast_possible_truncation, reason = "results are float32; what overflows becomes infinite")]
    totals.map(|totals| V::load(&totals.map(|total| total as f32)))
}

#[inline]
fn squared_distances_of_block<V: Vector, const R: usize>(x: [&[f32]; R], c: [&[f32]; LANES]) -> [V; R] {
    let dim = x.first().map_or(0, |row| row.len());
    let runs = dim / LANES;
    // Cut to one common length, which lets the compiler drop the bounds checks in the loop.
    let x_lanes = x.map(|row| part(row.as_chunks::<LANES>().0, 0, runs));
    let c_lanes = c.map(|row| part(row.as_chunks::<LANES>().0, 0, runs));
    let mut sums = [[V::splat(0.0); LANES]; R];
    for run in 0..runs {
        let x = x_lanes.map(|row| V::load(&row[run]));
        // One center at a time: few enough values are alive at once for the 16 registers.
        for center in 0..LANES {
            let c = V::load(&c_lanes[center][run]);
            for row in 0..R {
                let difference = x[row].sub(c);
                sums[row][center] = difference.mul_add(difference, sums[row][center]);
            }
        }
    }
    let mut sums = sums.map(V::sum_each);
    for k in runs * LANES..dim {
        let c = V::load(&c.map(|row| at(row, k)));
        for row in 0..R {
            let difference = V::splat(at(x[row], k)).sub(c);
            sums[row] = difference.mul_add(difference, sums[row]);
        }
    }
    sums
}

/// The least of the values that are numbers; infinite if there are none.
#[inline(never)]
pub(crate) fn least<V: Vector>(values: &[f32]) -> f32 {
    let (lanes, rest) = values.as_chunks();
    // The running minimum first: it is what stays beside a NaN.
    let least = lanes.iter().fold(V::splat(f32::INFINITY), |least, lanes| least.min_or_self(V::load(lanes)));
    rest.iter().fold(least.least(), |least, value| lesser(least, *value))
}

/// to ← from, for rows so short that a call to copy memory would take longer.
#[inline(never)]
pub(crate) fn copy<V: Vector>(from: &[f32], to: &mut [f32]) {
    for_lanes::<V, 1, 1>([from], [to], |from, _| from);
}

/// outputs ← f(inputs, outputs), four dimensions at a time: the walk that writes.
///
/// All slices have one length. `f` gets what the outputs held; where it does not look, nothing is read.
#[inline]
pub fn for_lanes<V: Vector, const I: usize, const O: usize>(
    inputs: [&[f32]; I],
    outputs: [&mut [f32]; O],
    f: impl Fn([V; I], [V; O]) -> [V; O],
) {
    let dim = outputs.first().map_or(0, |out| out.len());
    let inputs = inputs.map(|input| part(input, 0, dim).as_chunks());
    let outputs = outputs.map(|output| part_mut(output, 0, dim).as_chunks_mut());
    for run in 0..dim / LANES {
        let before = core::array::from_fn(|o| V::load(&outputs[o].0[run]));
        let after = f(inputs.map(|(input, _)| V::load(&input[run])), before);
        for o in 0..O {
            after[o].store(&mut outputs[o].0[run]);
        }
    }
    for k in 0..dim % LANES {
        let before = core::array::from_fn(|o| first(outputs[o].1[k]));
        let after = f(inputs.map(|(_, input)| first(input[k])), before);
        for o in 0..O {
            outputs[o].1[k] = after[o].to_array()[0];
        }
    }
}
