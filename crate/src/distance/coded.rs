//! Nearest center of a row among centers that are kept as 8-bit codes as well: a quarter of the bytes is read, and only
//! the centers that their codes leave in doubt are summed.
//!
//! Centers have one origin o and one step s. The codes q of a center c are whole numbers with c ≈ o + s·q; those of a
//! row x are p. With the errors e = ‖c − o − s·q‖/s and f = ‖x − o − s·p‖/s,
//!
//! ‖x − c‖/s ≥ ‖p − q‖ − e − f and ‖p − q‖² = ‖p‖² + ‖q‖² − 2p·q.
//!
//! Products of codes are whole numbers, so that their sums are exact in any order. Before all dimensions are summed,
//! −2p'·q' of the rest is at least −2‖p'‖·‖q'‖. A center is out once its bound exceeds a distance that is known.
//!
//! Sixteen centers are a block. For two dimensions at a time their codes stand side by side, so that each lane sums the
//! products of one center. Rounds of dimensions follow each other: those that few centers reach are not read between
//! those that all centers need.

use crate::distance::packing::mean_of_sample;
use crate::distance::refine::{BLOCK_CENTERS, Bits, TIE_FACTOR, sum_again};
use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut};
use crate::rows::walk::squared_distances;
use crate::simd::u32x4::U32x4;
use crate::simd::vector::{LANES, Vector, min_or_first, round_to_f32, sqrt};

/// Number of centers in a block.
pub const BLOCK: usize = 16;
const VECTORS: usize = BLOCK / LANES;

/// Codes of a block in two dimensions: those of center [`LANES`]·v + lane are `[v][2·lane..]`.
pub type PairCodes = [[i8; 2 * LANES]; VECTORS];

/// Smallest number of classes for which codes save time.
const MIN_CLASSES: usize = 64;
/// Smallest number of dimensions for which codes save time.
const MIN_DIMS: usize = 16;
/// Largest number of dimensions: sums of products stay below 2³¹.
const MAX_DIMS: usize = 16_384;

/// Number of pairs of dimensions in a round. Centers that are too far drop out after each round.
const ROUND_PAIRS: usize = 32;
/// Share of the rounds, one in so many, that all centers take before the first of them drop out.
const FIRST_ROUNDS: usize = 4;

/// Largest code of a row. A row is farther from the origin than eight times the farthest center before it is cut off.
const MAX_ROW_CODE: f32 = 1023.0;
/// Upper bound of the square of a center's code.
const MAX_SQUARED_CODE: f64 = 128.0 * 128.0;
/// Sum with a number below 2²² in size, rounded to the nearest whole number, whose last bits are those of that number.
const ROUNDER: f32 = 12_582_912.0;

/// Share of the centers whose values all have codes that are not cut off. The step of all is that of the farthest
/// otherwise, and one center far from the others would leave them without codes.
const COVERED_SHARE: f64 = 15.0 / 16.0;
/// Smallest ratio of the step to the origin. With a smaller one, o + s·q would lose the last digits in `f64`.
const MIN_STEP: f64 = 1e-9;

/// Factor that makes a rounded value an upper bound.
const UP: f64 = 1.0 + 1e-6;
/// Error of a row's code from rounding x − o and its quotient by s to `f32`, in steps.
const ROW_ERROR: f64 = 2e-4;
/// Error of a center's code from rounding o + s·q to `f64`, in steps.
const CENTER_ERROR: f64 = 1e-6;
/// Error of the sum ‖p‖² + ‖q‖² − 2p·q − 2‖p'‖·‖q'‖ in `f32`, as a share of ‖p‖² + ‖q‖².
const SUM_ERROR: f64 = 1e-6;
/// Squared distances that differ by less may have lost the difference to underflow.
const UNDERFLOW_GUARD: f32 = 1e-30;

/// Place of ‖q‖² among the terms of a block; infinite for a center that is not finite, and where there is none.
const NORM: usize = 0;
/// Place of the error e.
const ERROR: usize = 1;
/// Place of ‖q'‖ after the first round; those after the other rounds follow.
const REST: usize = 2;

/// Returns true if the search takes less time with codes.
#[must_use]
pub fn is_faster(n_classes: usize, dim: usize) -> bool {
    n_classes >= MIN_CLASSES && (MIN_DIMS..=MAX_DIMS).contains(&dim)
}

/// Number of pairs of dimensions.
#[must_use]
pub fn pairs(dim: usize) -> usize {
    dim.div_ceil(2)
}

/// Number of rounds.
#[must_use]
pub fn rounds(dim: usize) -> usize {
    pairs(dim).div_ceil(ROUND_PAIRS)
}

/// Number of terms of a center.
#[must_use]
pub fn terms(dim: usize) -> usize {
    REST + rounds(dim)
}

/// Codes of centers, in memory for some blocks.
#[derive(Debug)]
pub struct Codes<'a> {
    /// s
    pub step: f32,
    /// o [dimensions].
    pub origin: &'a mut [f32],
    /// Codes [blocks · pairs], round after round.
    pub codes: &'a mut [PairCodes],
    /// Terms of the centers [blocks · terms].
    pub terms: &'a mut [[f32; BLOCK]],
    /// Scratch: p·q [blocks].
    pub sums: &'a mut [[u32; BLOCK]],
    /// Scratch: p, two dimensions in one [pairs], or one more.
    pub row: &'a mut [u32],
    /// Scratch: −2‖p'‖ after each round [rounds].
    pub rest: &'a mut [f32],
}

/// Terms of a row, in steps.
struct RowTerms {
    /// ‖p‖²
    norm: f32,
    /// f
    error: f64,
    /// Upper bound of the rounding errors of a bound.
    sum_error: f32,
}

impl Codes<'_> {
    /// Chooses origin and step, and makes the codes of all centers.
    pub fn fit(&mut self, centers: Rows) {
        mean_of_sample(centers, self.origin);
        let mut largest = 0.0;
        for class in 0..centers.count() {
            let range = centers.row(class).iter().zip(&*self.origin).fold(0.0, |range, (c, o)| {
                let size = (c - o).abs();
                if size > range { size } else { range }
            });
            // A center that is not finite needs no code.
            let range = if range.is_finite() { range } else { 0.0 };
            *self.term_mut(class, NORM) = range;
            largest = if range > largest { range } else { largest };
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "counts"
        )]
        let covered = (centers.count() as f64 * COVERED_SHARE) as usize;
        loop {
            let next = largest * 0.75;
            let count = (0..centers.count()).filter(|&class| *self.term_mut(class, NORM) <= next).count();
            if count < covered || next == 0.0 {
                break;
            }
            largest = next;
        }
        let farthest = self.origin.iter().fold(0.0, |max, o| if o.abs() > max { o.abs() } else { max });
        let step = f64::from(largest) / 127.0;
        let smallest = f64::from(farthest) * MIN_STEP;
        let step = round_to_f32(if step > smallest { step } else { smallest });
        self.step = if step.is_normal() { step } else { 1.0 };
        for class in 0..self.sums.len() * BLOCK {
            self.encode(centers, class);
        }
    }

    fn term_mut(&mut self, class: usize, place: usize) -> &mut f32 {
        let terms = item_mut(self.terms, class / BLOCK * terms(self.origin.len()) + place);
        item_mut::<f32>(terms, class % BLOCK)
    }

    /// Makes the codes of one center again, or of none if there is no such class.
    pub fn encode(&mut self, centers: Rows, class: usize) {
        *self.term_mut(class, NORM) = f32::INFINITY;
        if class >= centers.count() {
            return;
        }
        let (dim, blocks, lane) = (self.origin.len(), self.sums.len(), class % BLOCK);
        let (center, step) = (centers.row(class), f64::from(self.step));
        let (per_step, mut norm, mut error) = (1.0 / step, 0.0, 0.0);
        for round in (0..rounds(dim)).rev() {
            *self.term_mut(class, REST + round) = round_to_f32(sqrt(norm) * UP);
            let (start, len) = place(dim, blocks, round, class / BLOCK);
            let mut values = center.iter().zip(&*self.origin).skip(round * ROUND_PAIRS * 2);
            for codes in slice_mut(self.codes, start, len) {
                let codes = item_mut(codes, lane / LANES);
                for (code, (c, o)) in slice_mut::<i8>(codes, lane % LANES * 2, 2).iter_mut().zip(&mut values) {
                    let (c, o) = (f64::from(*c), f64::from(*o));
                    let scaled = (c - o) * per_step;
                    #[allow(clippy::cast_possible_truncation, reason = "a larger code is cut off")]
                    let nearest = (scaled + 0.5_f64.copysign(scaled)) as i8;
                    *code = nearest;
                    let q = f64::from(nearest);
                    let difference = c - (o + step * q);
                    norm += q * q;
                    error += difference * difference;
                }
            }
        }
        if error.is_finite() {
            let rounding = CENTER_ERROR * sqrt(as_f64(dim));
            *self.term_mut(class, NORM) = round_to_f32(norm);
            *self.term_mut(class, ERROR) = round_to_f32((sqrt(error) * per_step + rounding) * UP);
        }
    }

    /// argmin_j ‖x − c_j‖² of direct sums, the lowest j among equals; `None` if no distance is finite.
    pub fn nearest<V: Vector>(&mut self, x: &[f32], centers: Rows) -> Option<usize> {
        let row = self.encode_row::<V>(x);
        let (dim, blocks) = (x.len(), centers.count().div_ceil(BLOCK));
        let (all, first) = (rounds(dim), (rounds(dim) / FIRST_ROUNDS).max(1));
        let mut leader = (f32::INFINITY, 0);
        for block in 0..blocks {
            let mut sums = [V::U32x4::splat(0); VECTORS];
            for round in 0..first {
                self.add_products::<V>(round, block, &mut sums);
            }
            for (sums, to) in sums.into_iter().zip(item_mut(self.sums, block).as_chunks_mut().0) {
                sums.store(to);
            }
            let bounds = self.bounds::<V>(first - 1, block, sums, &row);
            let lowest = bounds.into_iter().fold(V::splat(f32::INFINITY), V::min_or_self);
            if V::splat(leader.0).greater_mask(lowest) != 0 {
                for (vector, bounds) in bounds.into_iter().enumerate() {
                    for (lane, bound) in bounds.to_array().into_iter().enumerate() {
                        if bound < leader.0 {
                            leader = (bound, block * BLOCK + vector * LANES + lane);
                        }
                    }
                }
            }
        }
        let [distance] = squared_distances::<V, 1>([x], [centers.row(leader.1); LANES]);
        let mut limit = min_or_first(f32::INFINITY, item(&distance.to_array(), 0));
        let mut within = self.within(limit, &row);
        let mut nearest = (f32::INFINITY, None);
        for block in 0..blocks {
            let mut sums = [V::U32x4::splat(0); VECTORS];
            for (sums, from) in sums.iter_mut().zip(item(self.sums, block).as_chunks().0) {
                *sums = V::U32x4::load(from);
            }
            let mut round = first;
            let candidates = loop {
                let bounds = self.bounds::<V>(round - 1, block, sums, &row);
                let candidates = self.not_above::<V>(block, bounds, within, row.sum_error);
                if candidates == 0 || round == all {
                    break candidates;
                }
                self.add_products::<V>(round, block, &mut sums);
                round += 1;
            };
            if candidates != 0 {
                let mut distances = [0.0; BLOCK_CENTERS];
                sum_again::<V>(x, centers.chunk(block * BLOCK, BLOCK), candidates, &mut distances);
                for offset in Bits(candidates) {
                    let distance = item(&distances, offset);
                    if distance < nearest.0 {
                        nearest = (distance, Some(block * BLOCK + offset));
                    }
                }
                if nearest.0 < limit {
                    limit = nearest.0;
                    within = self.within(limit, &row);
                }
            }
        }
        nearest.1
    }

    /// Upper bound of ‖p − q‖ − e of centers that may be at most as far as `limit`, a squared distance.
    fn within(&self, limit: f32, row: &RowTerms) -> f32 {
        let limit = f64::from(limit * TIE_FACTOR + UNDERFLOW_GUARD);
        round_to_f32((sqrt(limit) / f64::from(self.step) + row.error) * UP)
    }

    /// Mask of the centers whose bound is not above (`within` + e)².
    #[inline]
    fn not_above<V: Vector>(&self, block: usize, bounds: [V; VECTORS], within: f32, sum_error: f32) -> u32 {
        let errors = item(self.terms, block * terms(self.origin.len()) + ERROR);
        let mut mask = 0;
        for (vector, errors) in errors.as_chunks().0.iter().enumerate() {
            let length = V::load(errors).add(V::splat(within));
            let square = length.mul_add(length, V::splat(sum_error));
            mask |= square.greater_mask(bounds[vector]) << (vector * LANES);
        }
        mask
    }

    /// Lower bounds of ‖p − q‖² from the products of all rounds up to this one.
    #[inline]
    fn bounds<V: Vector>(&self, round: usize, block: usize, sums: [V::U32x4; VECTORS], row: &RowTerms) -> [V; VECTORS] {
        let terms = slice(self.terms, block * terms(self.origin.len()), terms(self.origin.len()));
        let (norms, rests) = (item(terms, NORM), item(terms, REST + round));
        let rest = V::splat(item(self.rest, round));
        core::array::from_fn(|vector| {
            let norm = V::load(&norms.as_chunks().0[vector]).add(V::splat(row.norm));
            let known = V::from_signed(sums[vector]).mul_add(V::splat(-2.0), norm);
            V::load(&rests.as_chunks().0[vector]).mul_add(rest, known)
        })
    }

    /// Adds the products of one round to the sums of a block.
    #[inline]
    fn add_products<V: Vector>(&self, round: usize, block: usize, sums: &mut [V::U32x4; VECTORS]) {
        let (start, len) = place(self.origin.len(), self.sums.len(), round, block);
        let row = slice(self.row, round * ROUND_PAIRS, len);
        for (codes, row) in slice(self.codes, start, len).iter().zip(row) {
            let row = V::U32x4::splat(*row);
            for vector in 0..VECTORS {
                sums[vector] = sums[vector].add_products(&codes[vector], row);
            }
        }
    }

    /// Makes the codes of a row.
    #[inline(never)]
    fn encode_row<V: Vector>(&mut self, x: &[f32]) -> RowTerms {
        let dim = x.len();
        let per_step = V::splat(1.0 / self.step);
        let (mut norm, mut error) = (0.0, 0.0);
        for round in (0..rounds(dim)).rev() {
            *item_mut(self.rest, round) = round_to_f32(-2.0 * UP * sqrt(norm));
            let start = round * ROUND_PAIRS * 2;
            let len = (dim - start).min(ROUND_PAIRS * 2);
            let (mut squares, mut errors) = (V::splat(0.0), V::splat(0.0));
            let to = slice_mut(self.row, start / 2, len.div_ceil(LANES) * 2);
            let values = slice(x, start, len).chunks(LANES).zip(slice(self.origin, start, len).chunks(LANES));
            for ((x, origin), to) in values.zip(to.as_chunks_mut::<2>().0) {
                let load = |values: &[f32]| values.first_chunk().map_or_else(|| V::load_partial(values), V::load);
                let scaled = load(x).sub(load(origin)).mul(per_step);
                let cut = V::splat(MAX_ROW_CODE).min_or_self(scaled.max(V::splat(-MAX_ROW_CODE)));
                let bits = cut.add(V::splat(ROUNDER));
                let code = bits.sub(V::splat(ROUNDER));
                let difference = scaled.sub(code);
                squares = code.mul_add(code, squares);
                errors = difference.mul_add(difference, errors);
                let bits = bits.to_array().map(|value| value.to_bits() & 0xffff);
                *to = [bits[0] | bits[1] << 16, bits[2] | bits[3] << 16];
            }
            norm += f64::from(squares.sum());
            error += f64::from(errors.sum());
        }
        let rounding = ROW_ERROR * sqrt(as_f64(dim));
        let sum_error = SUM_ERROR * (norm + MAX_SQUARED_CODE * as_f64(dim));
        // Each of the 16 sums of squares is off by at most 10⁻⁶ of itself.
        RowTerms { norm: round_to_f32(norm), error: sqrt(error) * UP + rounding, sum_error: round_to_f32(sum_error) }
    }
}

/// Place and number of the codes of a block in one round.
#[inline]
fn place(dim: usize, blocks: usize, round: usize, block: usize) -> (usize, usize) {
    let len = (pairs(dim) - round * ROUND_PAIRS).min(ROUND_PAIRS);
    (round * ROUND_PAIRS * blocks + block * len, len)
}

#[allow(clippy::cast_precision_loss, reason = "dimensions are few")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
