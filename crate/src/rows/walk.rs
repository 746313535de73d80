//! Walks over the dimensions of rows: [`residual`] sums ‖x − c‖², [`for_lanes`] writes. Every formula is made of them.
//!
//! ‖x − c‖² is summed from the differences here, never computed as ‖x‖² + ‖c‖² − 2x·c, which cancels for tight clusters
//! away from the origin. Sums run in `f32` over at most [`BLOCK_DIMS`] dimensions and in `f64` across blocks, so that a
//! million dimensions are as exact as a hundred.

use crate::rows::shape::{item, slice, slice_mut};
use crate::simd::vector::{LANES, Vector, min_or_first, round_to_f32};

/// Number of dimensions that are summed in `f32` before the sum moves to `f64`. At most 128 additions in each lane
/// round by less than 10⁻⁵, even if all of them round the same way.
pub const BLOCK_DIMS: usize = 512;

/// Number of independent sums for one pair, so that an addition need not wait for the previous one.
const CHAINS: usize = 4;

/// ‖x − c‖² of one pair.
#[must_use]
#[inline(never)]
pub fn squared_distance<V: Vector>(x: &[f32], c: &[f32]) -> f64 {
    let distance = residual::<V, 0, 0>(x, c, [], [], |_, []| []);
    if distance.is_finite() { distance } else { squared_distance_in_f64(x, c) }
}

/// ‖x − c‖² of one pair, and in the same walk outputs ← f(x − c, inputs), dimension by dimension.
///
/// All slices have one length. The distance is that of [`squared_distance`], to the same bits, whatever `f` computes. If
/// it is not finite, a sum may have overflowed `f32`.
#[inline]
pub fn residual<V: Vector, const I: usize, const O: usize>(
    x: &[f32],
    c: &[f32],
    inputs: [&[f32]; I],
    outputs: [&mut [f32]; O],
    f: impl Fn(V, [V; I]) -> [V; O],
) -> f64 {
    let dim = x.len();
    // Slices of one length let the compiler drop the bounds checks in the loops.
    let (x_chains, x_lanes, x_rest) = split_lanes(x);
    let (c_chains, c_lanes, c_rest) = split_lanes(slice(c, 0, dim));
    let inputs = inputs.map(|input| split_lanes(slice(input, 0, dim)));
    let outputs = outputs.map(|output| split_lanes_mut(slice_mut(output, 0, dim)));

    let mut sums = [V::splat(0.0); CHAINS];
    let step = |sum: &mut V, x: V, c: V, inputs: [V; I]| {
        let difference = x.sub(c);
        *sum = difference.mul_add(difference, *sum);
        f(difference, inputs)
    };
    let mut total = 0.0;
    let mut end_of_block = BLOCK_DIMS / LANES / CHAINS;
    for (i, (x, c)) in x_chains.iter().zip(c_chains).enumerate() {
        if i == end_of_block {
            end_of_block += BLOCK_DIMS / LANES / CHAINS;
            total += f64::from(sum_chains(sums));
            sums = [V::splat(0.0); CHAINS];
        }
        for chain in 0..CHAINS {
            let inputs = inputs.map(|(input, ..)| V::load(&input[i][chain]));
            let results = step(&mut sums[chain], V::load(&x[chain]), V::load(&c[chain]), inputs);
            for o in 0..O {
                results[o].store(&mut outputs[o].0[i][chain]);
            }
        }
    }
    for (i, (x, c)) in x_lanes.iter().zip(c_lanes).enumerate() {
        let inputs = inputs.map(|(_, input, _)| V::load(&input[i]));
        let results = step(&mut sums[0], V::load(x), V::load(c), inputs);
        for o in 0..O {
            results[o].store(&mut outputs[o].1[i]);
        }
    }
    for (k, (x, c)) in x_rest.iter().zip(c_rest).enumerate() {
        let inputs = inputs.map(|(.., input)| in_first_lane(input[k]));
        let results = step(&mut sums[1], in_first_lane(*x), in_first_lane(*c), inputs);
        for o in 0..O {
            outputs[o].2[k] = results[o].to_array()[0];
        }
    }
    total + f64::from(sum_chains(sums))
}

#[inline]
fn sum_chains<V: Vector>(chains: [V; CHAINS]) -> f32 {
    chains[0].add(chains[2]).add(chains[1].add(chains[3])).sum()
}

/// ‖x − c‖² where a sum overflows `f32`. It is finite only if x and c are.
#[cold]
#[inline(never)]
pub(crate) fn squared_distance_in_f64(x: &[f32], c: &[f32]) -> f64 {
    x.iter().zip(c).map(|(x, c)| f64::from(*x) - f64::from(*c)).map(|difference| difference * difference).sum()
}

/// Loads one value into lane 0 and 0 into the others. For the last three values of a row, one at a time is faster than
/// gathering them.
#[inline]
fn in_first_lane<V: Vector>(value: f32) -> V {
    V::load(&[value, 0.0, 0.0, 0.0])
}

type ChainedVectors = [[f32; LANES]; CHAINS];

/// Splits values into groups of [`CHAINS`] vectors, single vectors, and the rest.
#[inline]
fn split_lanes(values: &[f32]) -> (&[ChainedVectors], &[[f32; LANES]], &[f32]) {
    let (vectors, rest) = values.as_chunks();
    let (vectors, single) = vectors.as_chunks();
    (vectors, single, rest)
}

#[inline]
fn split_lanes_mut(values: &mut [f32]) -> (&mut [ChainedVectors], &mut [[f32; LANES]], &mut [f32]) {
    let (vectors, rest) = values.as_chunks_mut();
    let (vectors, single) = vectors.as_chunks_mut();
    (vectors, single, rest)
}

/// ‖x − c‖² of `R` rows with four centers, one vector for each row. Each value is loaded once for all its pairs.
#[must_use]
#[inline]
pub fn squared_distances<V: Vector, const R: usize>(x: [&[f32]; R], c: [&[f32]; LANES]) -> [V; R] {
    let dim = x.first().map_or(0, |row| row.len());
    let mut totals = [[0.0_f64; LANES]; R];
    for start in (0..dim).step_by(BLOCK_DIMS) {
        let len = BLOCK_DIMS.min(dim - start);
        let sums = block_squared_distances(x.map(|row| slice(row, start, len)), c.map(|row| slice(row, start, len)));
        if dim <= BLOCK_DIMS {
            return sums;
        }
        for (totals, sums) in totals.iter_mut().zip(sums) {
            for (total, sum) in totals.iter_mut().zip(sums.to_array()) {
                *total += f64::from(sum);
            }
        }
    }
    totals.map(|totals| V::load(&totals.map(round_to_f32)))
}

#[inline]
fn block_squared_distances<V: Vector, const R: usize>(x: [&[f32]; R], c: [&[f32]; LANES]) -> [V; R] {
    let dim = x.first().map_or(0, |row| row.len());
    let vectors = dim / LANES;
    // Slices of one length let the compiler drop the bounds checks in the loop.
    let x_lanes = x.map(|row| slice(row.as_chunks::<LANES>().0, 0, vectors));
    let c_lanes = c.map(|row| slice(row.as_chunks::<LANES>().0, 0, vectors));
    let mut sums = [[V::splat(0.0); LANES]; R];
    for i in 0..vectors {
        let x = x_lanes.map(|row| V::load(&row[i]));
        // One center at a time keeps few enough values alive for the 16 registers.
        for center in 0..LANES {
            let c = V::load(&c_lanes[center][i]);
            for row in 0..R {
                let difference = x[row].sub(c);
                sums[row][center] = difference.mul_add(difference, sums[row][center]);
            }
        }
    }
    let mut sums = sums.map(V::sum_each);
    for k in vectors * LANES..dim {
        let c = V::load(&c.map(|row| item(row, k)));
        for row in 0..R {
            let difference = V::splat(item(x[row], k)).sub(c);
            sums[row] = difference.mul_add(difference, sums[row]);
        }
    }
    sums
}

/// ‖x_i − c_i‖² of four pairs, one in each lane, with the bits of [`squared_distances`].
#[must_use]
#[inline(never)]
pub fn pair_squared_distances<V: Vector>(x: [&[f32]; LANES], c: [&[f32]; LANES]) -> V {
    let dim = x[0].len();
    let mut totals = [0.0_f64; LANES];
    for start in (0..dim).step_by(BLOCK_DIMS) {
        let len = BLOCK_DIMS.min(dim - start);
        let sums =
            block_pair_squared_distances(x.map(|row| slice(row, start, len)), c.map(|row| slice(row, start, len)));
        if dim <= BLOCK_DIMS {
            return sums;
        }
        for (total, sum) in totals.iter_mut().zip(sums.to_array()) {
            *total += f64::from(sum);
        }
    }
    V::load(&totals.map(round_to_f32))
}

#[inline]
fn block_pair_squared_distances<V: Vector>(x: [&[f32]; LANES], c: [&[f32]; LANES]) -> V {
    let dim = x[0].len();
    let vectors = dim / LANES;
    let x_lanes = x.map(|row| slice(row.as_chunks::<LANES>().0, 0, vectors));
    let c_lanes = c.map(|row| slice(row.as_chunks::<LANES>().0, 0, vectors));
    let mut sums = [V::splat(0.0); LANES];
    for i in 0..vectors {
        for pair in 0..LANES {
            let difference = V::load(&x_lanes[pair][i]).sub(V::load(&c_lanes[pair][i]));
            sums[pair] = difference.mul_add(difference, sums[pair]);
        }
    }
    let mut sums = V::sum_each(sums);
    for k in vectors * LANES..dim {
        let difference = V::load(&x.map(|row| item(row, k))).sub(V::load(&c.map(|row| item(row, k))));
        sums = difference.mul_add(difference, sums);
    }
    sums
}

/// Smallest of the values that are not NaN; infinite if there are none.
#[inline(never)]
pub(crate) fn min<V: Vector>(values: &[f32]) -> f32 {
    let (lanes, rest) = values.as_chunks();
    // `min_or_self` keeps the running minimum beside a NaN.
    let min = lanes.iter().fold(V::splat(f32::INFINITY), |min, lanes| min.min_or_self(V::load(lanes)));
    rest.iter().fold(min.min_lane(), |min, value| min_or_first(min, *value))
}

/// Copies a row. Rows are so short that a call to copy memory would take longer.
#[inline(never)]
pub(crate) fn copy<V: Vector>(from: &[f32], to: &mut [f32]) {
    for_lanes::<V, 1, 1>([from], [to], |from, _| from);
}

/// Stores as many lanes of the vectors, one after the other, as there is room for.
#[inline(never)]
pub(crate) fn store_first<V: Vector>(vectors: &[V], to: &mut [f32]) {
    for (vector, to) in vectors.iter().zip(to.chunks_mut(LANES)) {
        match to.first_chunk_mut() {
            Some(to) => vector.store(to),
            None => vector.store_partial(to),
        }
    }
}

/// outputs ← f(inputs, outputs), four dimensions at a time.
///
/// All slices have one length. Outputs whose old values `f` ignores are not read.
#[inline]
pub fn for_lanes<V: Vector, const I: usize, const O: usize>(
    inputs: [&[f32]; I],
    outputs: [&mut [f32]; O],
    f: impl Fn([V; I], [V; O]) -> [V; O],
) {
    let dim = outputs.first().map_or(0, |out| out.len());
    let inputs = inputs.map(|input| slice(input, 0, dim).as_chunks());
    let outputs = outputs.map(|output| slice_mut(output, 0, dim).as_chunks_mut());
    for i in 0..dim / LANES {
        let before = core::array::from_fn(|o| V::load(&outputs[o].0[i]));
        let after = f(inputs.map(|(input, _)| V::load(&input[i])), before);
        for o in 0..O {
            after[o].store(&mut outputs[o].0[i]);
        }
    }
    for k in 0..dim % LANES {
        let before = core::array::from_fn(|o| in_first_lane(outputs[o].1[k]));
        let after = f(inputs.map(|(_, input)| in_first_lane(input[k])), before);
        for o in 0..O {
            outputs[o].1[k] = after[o].to_array()[0];
        }
    }
}
