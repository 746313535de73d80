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

use core::ops::Range;

use crate::detect::nearest::NO_CLASS;
use crate::distance::packing::mean_of_sample;
use crate::distance::refine::{BLOCK_CENTERS, Bits, BlockValues, TIE_FACTOR, sum_again};
use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut, split_mut, total_len};
use crate::simd::u32x4::U32x4;
use crate::simd::vector::{LANES, Vector, min_or_first, round_to_f32, sqrt};

/// Number of centers in a block.
pub const BLOCK: usize = 16;
const VECTORS: usize = BLOCK / LANES;
/// Codes of a block in two dimensions: those of center [`LANES`]·v + lane are `[v][2·lane..]`.
pub type PairCodes = [[i8; 2 * LANES]; VECTORS];

/// Smallest number of classes for which codes save time.
const MIN_CLASSES: usize = 64;
/// Smallest number of dimensions for which codes save time for one row.
const MIN_DIMS: usize = 16;
/// Smallest number of dimensions for many rows, which share the centers that they read where there are no codes.
const MIN_DIMS_OF_MANY: usize = 32;
/// Largest number of rows that are few.
const FEW_ROWS: usize = 3;
/// Largest number of dimensions: sums of products stay below 2³¹.
const MAX_DIMS: usize = 16_384;

/// In a batch, one center in so many may be in doubt, beside those of one row.
const DOUBTED_SHARE: usize = 16;

/// Largest number of rounds. The first one is twice as long as the others; centers that are too far drop out after each.
const ROUNDS: usize = 7;
/// Smallest number of pairs of dimensions in a round: shorter rounds do not pay.
const MIN_ROUND_PAIRS: usize = 16;

/// Largest code of a row. A row is farther from the origin than eight times the farthest center before it is cut off.
const MAX_ROW_CODE: f32 = 1023.0;
/// Upper bound of the square of a center's code.
const MAX_SQUARED_CODE: f64 = 128.0 * 128.0;
/// Sum with a number below 2²² in size, rounded to the nearest whole number, whose last bits are those of that number.
const ROUNDER: f32 = 12_582_912.0;

/// At most one center in so many has codes that are cut off. Otherwise one that is far from all others would make the
/// step so long that these have equal codes.
const COVERED_SHARE: usize = 16;
/// Smallest ratio of the step to the origin. With a smaller one, o + s·q would lose the last digits in `f64`.
const MIN_STEP: f64 = 1e-9;

/// Factor that makes a value after a few roundings to `f32` an upper bound.
const UP: f64 = 1.0 + 1e-6;
/// Error of a row's code from rounding x − o and its quotient by s to `f32`, in steps.
const ROW_ERROR: f64 = 2e-4;
/// Error of a center's code from rounding o + s·q to `f64`, in steps.
const CENTER_ERROR: f64 = 1e-6;
/// Error of a sum of squares in `f32` for each dimension, as a share of the sum: each lane adds every fourth one.
const SUM_ERROR_BY_DIM: f64 = 2e-8;
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
pub fn is_faster(rows: usize, n_classes: usize, dim: usize) -> bool {
    let min_dims = if rows <= FEW_ROWS { MIN_DIMS } else { MIN_DIMS_OF_MANY };
    n_classes >= MIN_CLASSES && (min_dims..=MAX_DIMS).contains(&dim)
}

/// Number of pairs of dimensions.
#[inline]
fn pairs(dim: usize) -> usize {
    dim.div_ceil(2)
}

/// Number of pairs in every round but the first.
#[inline]
fn round_pairs(dim: usize) -> usize {
    pairs(dim).div_ceil(ROUNDS + 1).next_multiple_of(2).max(MIN_ROUND_PAIRS)
}

/// Number of rounds.
#[inline]
fn rounds(dim: usize) -> usize {
    (pairs(dim).div_ceil(round_pairs(dim)) - 1).max(1)
}

/// Pairs of a round.
#[inline]
fn pairs_in(round: usize, dim: usize) -> Range<usize> {
    let start = if round == 0 { 0 } else { round + 1 };
    start * round_pairs(dim)..((round + 2) * round_pairs(dim)).min(pairs(dim))
}

/// Number of values that all centers share, beside the origin.
const SCALARS: usize = 2;
/// Place of the step s.
const STEP: usize = 0;
/// Place of the largest error e.
const MAX_ERROR: usize = 1;

/// Number of terms of a center.
#[inline]
fn terms(dim: usize) -> usize {
    REST + rounds(dim)
}

/// Lengths of the memory for the codes of some blocks: `codes`, `floats` and `words` of [`Codes::new`].
#[must_use]
pub fn lengths(blocks: usize, dim: usize) -> [usize; 3] {
    [
        total_len([(blocks, pairs(dim))]),
        total_len([(1, SCALARS + dim), (1, rounds(dim)), (blocks, LANES), (blocks, terms(dim) * BLOCK)]),
        total_len([(1, pairs(dim) + 1), (blocks, BLOCK)]),
    ]
}

/// Codes of centers, in memory for some blocks.
#[derive(Debug)]
pub struct Codes<'a> {
    /// s, and the largest e.
    scalars: &'a mut [f32],
    /// o [dimensions].
    origin: &'a mut [f32],
    /// Codes [blocks · pairs], round after round.
    pairs: &'a mut [PairCodes],
    /// Terms of the centers [blocks · terms].
    terms: &'a mut [[f32; BLOCK]],
    /// Scratch: p, two dimensions in one [pairs], or one more.
    row: &'a mut [u32],
    /// Scratch: −2‖p'‖ after each round [rounds].
    rest: &'a mut [f32],
    /// Scratch: p·q [blocks].
    sums: &'a mut [[u32; BLOCK]],
    /// Scratch: smallest bounds of a block [blocks].
    lowest: &'a mut [[f32; LANES]],
}

/// Terms of a row, in steps.
struct RowTerms {
    /// ‖p‖²
    norm: f32,
    /// f
    error: f64,
    /// Upper bound of the rounding errors of a bound.
    sum_error: f32,
    /// True if a value has no code: all centers would be in doubt.
    is_cut_off: bool,
}

impl<'a> Codes<'a> {
    /// Divides memory that has the [`lengths`] for these blocks.
    #[must_use]
    pub fn new(
        blocks: usize,
        dim: usize,
        codes: &'a mut [PairCodes],
        floats: &'a mut [f32],
        words: &'a mut [u32],
    ) -> Self {
        let (scalars, floats) = split_mut(floats, SCALARS);
        let (origin, floats) = split_mut(floats, dim);
        let (rest, floats) = split_mut(floats, rounds(dim));
        let (lowest, terms) = split_mut(floats, blocks * LANES);
        let (sums, row) = split_mut(words, blocks * BLOCK);
        let (lowest, terms, sums) = (lowest.as_chunks_mut().0, terms.as_chunks_mut().0, sums.as_chunks_mut().0);
        Self { scalars, origin, pairs: codes, terms, row, rest, sums, lowest }
    }

    /// Number of blocks that there is memory for.
    fn blocks(&self) -> usize {
        self.sums.len()
    }

    /// Chooses origin and step, and makes the codes of all centers.
    pub fn fit<V: Vector>(&mut self, centers: Rows) {
        mean_of_sample::<V>(centers, self.origin);
        let width = terms(self.origin.len());
        let mut largest = 0.0;
        self.terms.as_flattened_mut().fill(0.0);
        for (class, range) in self.terms.iter_mut().step_by(width).flatten().enumerate().take(centers.count()) {
            for (c, o) in centers.row(class).iter().zip(&*self.origin) {
                let size = (c - o).abs();
                *range = if size > *range { size } else { *range };
            }
            // A center that is not finite needs no code.
            *range = if range.is_finite() { *range } else { 0.0 };
            largest = if *range > largest { *range } else { largest };
        }
        let most = self.blocks() * BLOCK / COVERED_SHARE * (COVERED_SHARE - 1);
        while largest > f32::MIN_POSITIVE {
            let less = largest * 0.75;
            let count = self.terms.iter().step_by(width).flatten().filter(|&&range| range <= less).count();
            if count < most {
                break;
            }
            largest = less;
        }
        let farthest = self.origin.iter().fold(0.0, |max, o| if o.abs() > max { o.abs() } else { max });
        let step = f64::from(largest) / 127.0;
        let smallest = f64::from(farthest) * MIN_STEP;
        let step = round_to_f32(if step > smallest { step } else { smallest });
        self.scalars.fill(0.0);
        *item_mut(self.scalars, STEP) = if step.is_normal() { step } else { 1.0 };
        for class in 0..self.blocks() * BLOCK {
            self.encode(centers, class);
        }
    }

    fn term_mut(&mut self, class: usize, place: usize) -> &mut f32 {
        let terms = item_mut(self.terms, class / BLOCK * terms(self.origin.len()) + place);
        item_mut::<f32>(terms, class % BLOCK)
    }

    /// Place of the codes of a block in one round.
    #[inline]
    fn place(&self, block: usize, round: usize) -> Range<usize> {
        let pairs = pairs_in(round, self.origin.len());
        let start = pairs.start * self.blocks() + block * pairs.len();
        start..start + pairs.len()
    }

    /// Makes the codes of one center again, or of none if there is no such class.
    pub fn encode(&mut self, centers: Rows, class: usize) {
        *self.term_mut(class, NORM) = f32::INFINITY;
        if class >= centers.count() {
            return;
        }
        let (dim, lane) = (self.origin.len(), class % BLOCK);
        let (center, step) = (centers.row(class), f64::from(item(self.scalars, STEP)));
        let (per_step, mut norm, mut error) = (1.0 / step, 0.0, 0.0);
        for round in (0..rounds(dim)).rev() {
            *self.term_mut(class, REST + round) = round_to_f32(sqrt(norm) * UP);
            let place = self.place(class / BLOCK, round);
            let mut values = center.iter().zip(&*self.origin).skip(pairs_in(round, dim).start * 2);
            for codes in slice_mut(self.pairs, place.start, place.len()) {
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
            let error = round_to_f32((sqrt(error) * per_step + CENTER_ERROR * sqrt(as_f64(dim))) * UP);
            *self.term_mut(class, NORM) = round_to_f32(norm);
            *self.term_mut(class, ERROR) = error;
            let largest = item_mut(self.scalars, MAX_ERROR);
            *largest = if error > *largest { error } else { *largest };
        }
    }

    /// classes[i] ← argmin_j ‖x_i − c_j‖² of direct sums, the lowest j among equals; [`NO_CLASS`] for a row without a
    /// finite distance. Returns false, with any classes, if so many centers are in doubt that it takes less time without
    /// codes.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "classes are below 2³¹")]
    pub fn predict<V: Vector>(&mut self, x: Rows, centers: Rows, classes: &mut [i32]) -> bool {
        // One row may have all centers summed: that is no more than there would be without codes.
        let mut sums = centers.count() + x.count() * (centers.count() / DOUBTED_SHARE);
        classes.iter_mut().enumerate().all(|(row, class)| {
            let (nearest, summed) = self.nearest::<V>(x.row(row), centers);
            *class = nearest.map_or(NO_CLASS, |class| class as i32);
            sums = sums.saturating_sub(summed);
            sums > 0
        })
    }

    /// argmin_j ‖x − c_j‖², and the number of centers that were summed, or that would have to be.
    #[inline]
    fn nearest<V: Vector>(&mut self, x: &[f32], centers: Rows) -> (Option<usize>, usize) {
        let row = self.encode_row::<V>(x);
        if row.is_cut_off {
            return (None, usize::MAX);
        }
        let (last, blocks) = (rounds(x.len()) - 1, centers.count().div_ceil(BLOCK));
        let mut distances = [0.0; BLOCK_CENTERS];
        let mut leader = (f32::INFINITY, 0);
        let pairs = pairs_in(0, x.len()).len();
        for block in 0..blocks {
            let codes = slice(self.pairs, block * pairs, pairs);
            add_products::<V>(codes, slice(self.row, 0, pairs), true, item_mut(self.sums, block));
            let bounds = self.bounds::<V>(block, 0, row.norm);
            let lowest = bounds.into_iter().fold(V::splat(f32::INFINITY), V::min_or_self);
            lowest.store(item_mut(self.lowest, block));
            if V::splat(leader.0).greater_mask(lowest) != 0 {
                leader = (lowest.min_lane(), block);
            }
        }
        let bounds = self.bounds::<V>(leader.1, 0, row.norm);
        let leaders = mask_above([V::splat(leader.0.next_up()); VECTORS], bounds);
        let mut limit = nearest_of::<V>(x, centers, leader.1, leaders, &mut distances).0;
        let (mut nearest, mut summed) = ((f32::INFINITY, None), 0);
        for block in 0..blocks {
            let within = self.within(limit, row.error);
            let farthest = within + item(self.scalars, MAX_ERROR);
            let bound = V::splat(farthest * farthest + row.sum_error);
            if bound.greater_mask(V::load(&item(self.lowest, block))) == 0 {
                continue;
            }
            let mut round = 0;
            let candidates = loop {
                let bounds = self.bounds::<V>(block, round, row.norm);
                let candidates = self.not_above::<V>(block, bounds, within, row.sum_error);
                if candidates == 0 || round == last {
                    break candidates;
                }
                round += 1;
                let (place, pairs) = (self.place(block, round), pairs_in(round, x.len()));
                let row = slice(self.row, pairs.start, pairs.len());
                let codes = slice(self.pairs, place.start, place.len());
                add_products::<V>(codes, row, false, item_mut(self.sums, block));
            };
            if candidates != 0 {
                summed += candidates.count_ones() as usize;
                let found = nearest_of::<V>(x, centers, block, candidates, &mut distances);
                if found.0 < nearest.0 {
                    nearest = found;
                    limit = min_or_first(limit, found.0);
                }
            }
        }
        (nearest.1, summed)
    }

    /// Upper bound of ‖p − q‖ − e of centers that may be at most as far as `limit`, a squared distance.
    fn within(&self, limit: f32, row_error: f64) -> f32 {
        let limit = f64::from(limit * TIE_FACTOR + UNDERFLOW_GUARD);
        round_to_f32((sqrt(limit) / f64::from(item(self.scalars, STEP)) + row_error) * UP)
    }

    /// Mask of the centers whose bound is not above (`within` + e)².
    #[inline]
    fn not_above<V: Vector>(&self, block: usize, bounds: [V; VECTORS], within: f32, sum_error: f32) -> u32 {
        let errors = item(self.terms, block * terms(self.origin.len()) + ERROR);
        let limits = core::array::from_fn(|vector| {
            let length = V::load(&errors.as_chunks().0[vector]).add(V::splat(within));
            length.mul_add(length, V::splat(sum_error))
        });
        mask_above(limits, bounds)
    }

    /// Lower bounds of ‖p − q‖² from the products of all rounds up to this one.
    #[inline]
    fn bounds<V: Vector>(&self, block: usize, round: usize, row_norm: f32) -> [V; VECTORS] {
        let terms = slice(self.terms, block * terms(self.origin.len()), terms(self.origin.len()));
        let (norms, rests, sums) = (item(terms, NORM), item(terms, REST + round), item(self.sums, block));
        let rest = V::splat(item(self.rest, round));
        core::array::from_fn(|vector| {
            let norm = V::load(&norms.as_chunks().0[vector]).add(V::splat(row_norm));
            let sum = V::from_signed(V::U32x4::load(&sums.as_chunks().0[vector]));
            V::load(&rests.as_chunks().0[vector]).mul_add(rest, sum.mul_add(V::splat(-2.0), norm))
        })
    }

    /// Makes the codes of a row.
    #[inline(never)]
    fn encode_row<V: Vector>(&mut self, x: &[f32]) -> RowTerms {
        let dim = x.len();
        let per_step = V::splat(1.0 / item(self.scalars, STEP));
        let (mut norm, mut error) = (0.0, 0.0);
        for round in (0..rounds(dim)).rev() {
            *item_mut(self.rest, round) = round_to_f32(-2.0 * UP * sqrt(norm));
            let Range { start, end } = pairs_in(round, dim);
            let (first, len) = (start * 2, dim.min(end * 2) - start * 2);
            let (mut squares, mut errors) = (V::splat(0.0), V::splat(0.0));
            let to = slice_mut(self.row, start, len.div_ceil(LANES) * 2);
            let values = slice(x, first, len).chunks(LANES).zip(slice(self.origin, first, len).chunks(LANES));
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
        let up = UP + SUM_ERROR_BY_DIM * as_f64(dim);
        let rounding = ROW_ERROR * sqrt(as_f64(dim));
        let sum_error = (up - 1.0) * (norm + MAX_SQUARED_CODE * as_f64(dim));
        RowTerms {
            norm: round_to_f32(norm),
            error: sqrt(error) * up + rounding,
            sum_error: round_to_f32(sum_error),
            // Each rounding is by half a step.
            is_cut_off: error > as_f64(dim),
        }
    }
}

/// Adds the products of a round to the sums of a block, or makes them those of the first round.
#[inline(never)]
fn add_products<V: Vector>(codes: &[PairCodes], row: &[u32], is_first: bool, to: &mut [u32; BLOCK]) {
    let to: &mut [[u32; LANES]] = to.as_chunks_mut().0;
    let mut sums = [V::U32x4::splat(0); VECTORS];
    if !is_first {
        sums = core::array::from_fn(|vector| V::U32x4::load(&to[vector]));
    }
    // The loop is not unrolled: the compiler orders the additions to one sum so that the products of all turns are held
    // at once, in more registers than there are.
    for (codes, row) in codes.iter().zip(row) {
        let row = V::U32x4::splat(*row);
        for vector in 0..VECTORS {
            sums[vector] = sums[vector].add(V::U32x4::load_codes(&codes[vector]).dot_halves(row));
        }
    }
    for (sums, to) in sums.into_iter().zip(to) {
        sums.store(to);
    }
}

/// Mask of the limits that are above their bounds.
#[inline]
fn mask_above<V: Vector>(limits: [V; VECTORS], bounds: [V; VECTORS]) -> u32 {
    let masks = limits.into_iter().zip(bounds).enumerate();
    masks.fold(0, |mask, (vector, (limit, bound))| mask | limit.greater_mask(bound) << (vector * LANES))
}

/// Least of the direct sums ‖x − c_j‖² of the centers of a block that are in a mask, and its class, the lowest among
/// equals.
#[inline(never)]
fn nearest_of<V: Vector>(
    x: &[f32],
    centers: Rows,
    block: usize,
    mask: u32,
    distances: &mut BlockValues,
) -> (f32, Option<usize>) {
    let mut nearest = (f32::INFINITY, None);
    sum_again::<V>(x, centers.chunk(block * BLOCK, BLOCK), mask, distances);
    for offset in Bits(mask) {
        let distance = item(distances, offset);
        if distance < nearest.0 {
            nearest = (distance, Some(block * BLOCK + offset));
        }
    }
    nearest
}

#[allow(clippy::cast_precision_loss, reason = "dimensions are few")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
