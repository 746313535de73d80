//! Losses of a row against all centers ("proxies"), which separate classes.
//!
//! loss = s·Σ_i w_i·ℓ(d_i1, …, d_iC; y_i) over the known rows, with w by [`Weights`], and s by [`Reduction`], where Σ
//! w_i stands for B. Where ℓ has no simpler form, as in [`Cac`], the rows meet all centers in [`proxy_pass`].
//!
//! [`proxy_pass`] takes a chunk of rows, whose distances fit in memory, and walks over it in blocks of rows. A block
//! meets four centers at a time: its rows and gradients stay in the cache. There is no distance matrix of the whole
//! batch.
//!
//! ℓ gives factors f_ij. The gradients ∂ℓ/∂x_i = Σ_j f_ij·(x_i − c_j) and ∂ℓ/∂c_j = −f_ij·(x_i − c_j) are
//! summed from the differences: Σ f_ij·x_i and Σ f_ij·c_j alone would cancel where the centers are far from the origin.
//!
//! Fixed centers that are anchors on axes need no pairs: `anchors` has the distances and the gradient of a row.
//!
//! The sum of a gradient's terms is kept in `f32` for [`PARTIAL_TERMS`] terms, the partial sum, and then moves to
//! `f64`, the accumulator.

use core::cell::Cell;

use crate::distance::gemm;
use crate::distance::quantized_search;
use crate::distance::squared_euclidean;
use crate::loss::anchors;
use crate::loss::cac::Cac;
use crate::loss::reduction::{Labels, Reduction};
use crate::loss::weights::Weights;
use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut, split_mut, total_len};
use crate::rows::walk::for_lanes;
use crate::simd::f64x4::F64x4;
use crate::simd::vector::{LANES, Vector, round_to_f32};

/// Number of rows in a block. With their gradients they stay in a first-level cache.
const BLOCK_ROWS: usize = 16;

/// Largest number of distances in a chunk, 2 MB.
const MAX_CHUNK_DISTANCES: usize = 1 << 19;
/// Largest number of rows in a chunk: more gain nothing.
const MAX_CHUNK_ROWS: usize = 256;

/// Number of rows in a chunk: whole blocks, unless the batch is smaller.
pub(crate) fn chunk_rows(rows: usize, n_classes: usize) -> usize {
    let rows_in_memory = MAX_CHUNK_DISTANCES.checked_div(n_classes).unwrap_or(0).clamp(BLOCK_ROWS, MAX_CHUNK_ROWS);
    (rows_in_memory / BLOCK_ROWS * BLOCK_ROWS).min(rows)
}

/// Number of terms in a partial sum.
const PARTIAL_TERMS: usize = 64;

/// Pairs of a row are accumulated one by one if fewer than one in this number has a factor. More are faster in fours.
const SPARSE_SHARE: usize = 4;

/// ℓ, and a factor of all f_j.
#[derive(Clone, Copy, Debug)]
pub struct RowLoss {
    pub cost: f64,
    pub factor: f64,
}

/// Rows with labels and weights, centers [C, D], and the reduction of their loss.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    pub x: Rows<'a>,
    pub labels: &'a [i32],
    pub centers: Rows<'a>,
    /// True if the centers are fixed: they have no gradient.
    pub fixed: bool,
    pub weights: Weights<'a>,
    pub reduction: Reduction,
}

/// Scratch of [`proxy_pass`] with the lengths in [`ScratchSizes`] and any content.
#[derive(Debug)]
pub struct Scratch<'a> {
    /// Distances of a chunk, which become factors; then the anchors, and the scratch of the distance kernel.
    pub distances: &'a mut [f32],
    /// Accumulator of ∂loss/∂x of a block.
    pub row_accumulator: &'a mut [f64],
    /// Accumulator of ∂loss/∂c.
    pub center_accumulator: &'a mut [f64],
    /// Sums over centers or rows, of losses in closed form.
    pub center_sum: &'a mut [[f64; LANES]],
    /// Lists of rows, of losses in closed form.
    pub links: &'a mut [u32],
    /// Nearest other class of each row.
    pub nearest: &'a mut [i32],
    /// Result: w_i·ℓ_i of each row, or empty if it is not wanted.
    pub losses: &'a mut [f32],
}

/// Sum of the rows' summands, each of which is also written to a list unless that is empty.
pub(crate) struct Total<'a> {
    losses: &'a mut [f32],
    pub(crate) sum: f64,
}

impl<'a> Total<'a> {
    pub(crate) fn new(losses: &'a mut [f32]) -> Self {
        losses.fill(0.0);
        Self { losses, sum: 0.0 }
    }

    pub(crate) fn add(&mut self, row: usize, summand: f64) {
        if let Some(loss) = self.losses.get_mut(row) {
            *loss = round_to_f32(summand);
        }
        self.sum += summand;
    }
}

/// Lengths of the scratch for one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScratchSizes {
    /// Length of [`Scratch::distances`].
    pub distances: usize,
    /// Length of [`Scratch::row_accumulator`]: 0 if the partial sum of a row holds all its terms.
    pub row_accumulator: usize,
    /// Length of [`Scratch::center_accumulator`]: 0 if the partial sum of a center holds all its terms.
    pub center_accumulator: usize,
    /// Length of [`Scratch::center_sum`].
    pub center_sum: usize,
    /// Length of [`Scratch::links`].
    pub links: usize,
}

impl ScratchSizes {
    #[must_use]
    pub fn new(rows: usize, n_classes: usize, n_dim: usize) -> Self {
        let chunk = chunk_rows(rows, n_classes);
        let distances = total_len([(chunk + 1, n_classes), (1, gemm::scratch_len(chunk, n_classes, n_dim))]);
        let row_accumulator = if n_classes > PARTIAL_TERMS { total_len([(BLOCK_ROWS.min(rows), n_dim)]) } else { 0 };
        Self {
            // A loss in closed form keeps two vectors there, and below two factors for each row and one for each center.
            distances: distances
                .max(total_len([(2, n_dim)]))
                .max(quantized_search::scratch_len(rows, n_classes, n_dim)),
            row_accumulator: row_accumulator.max(total_len([(2, rows), (1, n_classes)])),
            center_accumulator: if rows > PARTIAL_TERMS { total_len([(n_classes, n_dim)]) } else { 0 },
            center_sum: 2 * n_dim.div_ceil(LANES),
            links: total_len([(2, rows), (1, n_classes), (1, 1)]),
        }
    }
}

/// Computes the loss. Writes ∂loss/∂x to `grad_x` unless that is empty, and then ∂loss/∂c to `grad_centers` unless that
/// is empty.
///
/// A known row with a NaN makes the loss NaN. A row whose loss is not finite has no gradient, and adds nothing to the
/// gradients of the centers.
#[inline(never)]
pub fn proxy_pass<V: Vector>(
    loss: Cac,
    batch: &Batch,
    grad_x: &mut [f32],
    grad_centers: &mut [f32],
    scratch: &mut Scratch,
) -> f64 {
    let Batch { x, centers, .. } = *batch;
    let (dim, n_classes) = (x.dim(), centers.count());
    let scale = batch.scale();
    let mut sums =
        CenterSums { partial: grad_centers, accumulator: scratch.center_accumulator, rows: 0, has_flushed: false };
    sums.partial.fill(0.0);
    grad_x.fill(0.0);
    let labels = Labels::new(batch.labels, n_classes);
    let mut total = Total::new(scratch.losses);
    let chunk = chunk_rows(x.count(), n_classes);
    let (factors, rest) = split_mut(scratch.distances, chunk * n_classes);
    let (anchors, rest) = split_mut(rest, n_classes);
    let has_anchors = batch.fixed && anchors::read::<V>(centers, anchors);
    for first in (0..x.count()).step_by(chunk.max(1)) {
        let rows = x.chunk(first, chunk);
        let factors = slice_mut(factors, 0, rows.count() * n_classes);
        if !has_anchors {
            squared_euclidean::distances::<V>(rows, centers, rest, factors);
        }
        for row in 0..rows.count() {
            let factors = slice_mut(factors, row * n_classes, n_classes);
            let x = rows.row(row);
            if has_anchors {
                anchors::distances::<V>(x, anchors, factors);
            }
            total.add(first + row, batch.row::<V>(loss, scale, &labels, first + row, factors));
            if has_anchors
                && !grad_x.is_empty()
                && let Some(class) = labels.class(first + row)
            {
                anchors::gradient::<V>(x, anchors, factors, class, slice_mut(grad_x, (first + row) * dim, dim));
            }
        }
        if grad_x.is_empty() || has_anchors {
            continue;
        }
        for start in (0..rows.count()).step_by(BLOCK_ROWS) {
            let block = rows.chunk(start, BLOCK_ROWS);
            let first = first + start;
            let factors = slice(factors, start * n_classes, block.count() * n_classes);
            let grad_x = slice_mut(grad_x, first * dim, block.count() * dim);
            sums.reserve_rows::<V>(block.count());
            accumulate_block::<V>(block, centers, factors, grad_x, sums.partial, scratch.row_accumulator);
        }
    }
    sums.finish::<V>();
    total.sum * scale
}

impl Batch<'_> {
    pub(crate) fn scale(&self) -> f64 {
        self.weights.scale(self.reduction, self.labels, self.centers.count())
    }

    /// Class and weight of a row that has both, or else its summand.
    pub(crate) fn class_and_weight(&self, labels: &Labels, row: usize) -> Result<(usize, f64), f64> {
        let class = labels.class(row);
        let weight = self.weights.row_weight(row, class);
        if weight > 0.0 {
            class.map(|class| (class, weight)).ok_or_else(|| labels.cost_without_class(row, self.x.row(row)))
        } else {
            // The values of a row of weight 0 do not matter.
            Err(0.0)
        }
    }

    /// Returns the summand of a row, and replaces its distances by the factors of its differences in ∂loss/∂x.
    fn row<V: Vector>(&self, loss: Cac, scale: f64, labels: &Labels, row: usize, distances: &mut [f32]) -> f64 {
        let (class, weight) = match self.class_and_weight(labels, row) {
            Ok(known) => known,
            Err(cost) => {
                distances.fill(0.0);
                return cost;
            }
        };
        let RowLoss { cost, factor } = loss.row(distances, class);
        let factor = V::splat(round_to_f32(factor * weight * scale));
        // `non_finite` stays 0 until a factor is not finite, and is NaN from then on.
        let non_finite = Cell::new(V::splat(0.0));
        for_lanes::<V, 0, 1>([], [distances], |[], [factors]| {
            let scaled = factors.mul(factor);
            non_finite.set(non_finite.get().add(scaled.sub(scaled)));
            [scaled]
        });
        let is_active = cost.is_finite() && !non_finite.get().sum().is_nan();
        if !is_active {
            distances.fill(0.0);
        }
        weight * cost
    }
}

/// grad_x_i ← Σ_j f_ij·(x_i − c_j) for the rows of a block, and grad_c_j ← grad_c_j − Σ_i f_ij·(x_i − c_j) unless
/// `grad_centers` is empty.
///
/// Pairs with a factor of 0 are skipped: a center that is not finite then spoils no row that does not depend on it.
#[inline(never)]
fn accumulate_block<V: Vector>(
    x: Rows,
    centers: Rows,
    factors: &[f32],
    grad_x: &mut [f32],
    grad_centers: &mut [f32],
    accumulator: &mut [f64],
) {
    let (dim, n_classes) = (x.dim(), centers.count());
    let grad_dim = if grad_centers.is_empty() { 0 } else { dim };
    let one = |row: usize, class: usize, factor: f32, grad_x: &mut [f32], grad_centers: &mut [f32]| {
        let grad_center = slice_mut(grad_centers, class * grad_dim, grad_dim);
        let grad_x = slice_mut(grad_x, row * dim, dim);
        accumulate_one::<V>(x.row(row), centers.row(class), factor, grad_x, grad_center);
    };
    let (mut dense_rows, mut dense_count) = ([0; BLOCK_ROWS], 0);
    for row in 0..x.count() {
        let factors = slice(factors, row * n_classes, n_classes);
        let mut pairs = [0; PARTIAL_TERMS];
        if let Some(count) = sparse_pairs::<V>(factors, &mut pairs) {
            for &class in slice(&pairs, 0, count) {
                one(row, class, item(factors, class), grad_x, grad_centers);
            }
        } else {
            *item_mut(&mut dense_rows, dense_count) = row;
            dense_count += 1;
        }
    }
    let dense_rows = slice(&dense_rows, 0, dense_count);
    for first in (0..n_classes).step_by(LANES) {
        let count = LANES.min(n_classes - first);
        for &row in dense_rows {
            let factors = slice(factors, row * n_classes + first, count);
            match factors.first_chunk() {
                Some(four) if four.iter().all(|factor| *factor != 0.0) => {
                    let grad_x = slice_mut(grad_x, row * dim, dim);
                    let grad_centers = slice_mut(grad_centers, first * grad_dim, count * grad_dim);
                    accumulate_four::<V>(x.row(row), centers.rows(first), *four, grad_x, grad_centers);
                }
                _ => {
                    for (offset, &factor) in factors.iter().enumerate().filter(|(_, factor)| **factor != 0.0) {
                        one(row, first + offset, factor, grad_x, grad_centers);
                    }
                }
            }
        }
        let next = first + LANES;
        if n_classes > PARTIAL_TERMS && (next.is_multiple_of(PARTIAL_TERMS) || next >= n_classes) {
            for &row in dense_rows {
                let (grad_x, accumulator) = (slice_mut(grad_x, row * dim, dim), slice_mut(accumulator, row * dim, dim));
                flush_partial::<V>(grad_x, accumulator, next <= PARTIAL_TERMS);
                if next >= n_classes {
                    read_accumulator::<V>(grad_x, accumulator);
                }
            }
        }
    }
}

/// Writes the classes of factors other than 0 to `pairs`, and returns their number; `None` if there are too many for
/// pairs one by one.
#[inline(never)]
fn sparse_pairs<V: Vector>(factors: &[f32], pairs: &mut [usize; PARTIAL_TERMS]) -> Option<usize> {
    let limit = (factors.len() / SPARSE_SHARE).min(PARTIAL_TERMS);
    let (zero, mut count) = (V::splat(0.0), 0);
    for (i, four) in factors.chunks(LANES).enumerate() {
        let values = four.first_chunk().map_or_else(|| V::load_partial(four), V::load);
        if values.greater_mask(zero) | zero.greater_mask(values) == 0 {
            continue;
        }
        for (offset, _) in four.iter().enumerate().filter(|(_, factor)| **factor != 0.0) {
            if count == limit {
                return None;
            }
            *item_mut(pairs, count) = i * LANES + offset;
            count += 1;
        }
    }
    Some(count)
}

/// Accumulates one row and four centers: the row and its gradient are loaded once for four.
#[inline(never)]
fn accumulate_four<V: Vector>(
    x: &[f32],
    [c0, c1, c2, c3]: [&[f32]; LANES],
    factors: [f32; LANES],
    grad_x: &mut [f32],
    grad_centers: &mut [f32],
) {
    let [f0, f1, f2, f3] = factors.map(V::splat);
    let mut rows = grad_centers.chunks_exact_mut(x.len().max(1));
    let (Some(g0), Some(g1), Some(g2), Some(g3)) = (rows.next(), rows.next(), rows.next(), rows.next()) else {
        return for_lanes::<V, 5, 1>([x, c0, c1, c2, c3], [grad_x], |[x, c0, c1, c2, c3], [grad]| {
            let grad = f1.mul_add(x.sub(c1), f0.mul_add(x.sub(c0), grad));
            [f3.mul_add(x.sub(c3), f2.mul_add(x.sub(c2), grad))]
        });
    };
    for_lanes::<V, 5, 5>(
        [x, c0, c1, c2, c3],
        [grad_x, g0, g1, g2, g3],
        |[x, c0, c1, c2, c3], [grad, g0, g1, g2, g3]| {
            let (p0, p1, p2, p3) = (f0.mul(x.sub(c0)), f1.mul(x.sub(c1)), f2.mul(x.sub(c2)), f3.mul(x.sub(c3)));
            [grad.add(p0).add(p1).add(p2).add(p3), g0.sub(p0), g1.sub(p1), g2.sub(p2), g3.sub(p3)]
        },
    );
}

/// Accumulates one row and one center.
#[inline(never)]
fn accumulate_one<V: Vector>(x: &[f32], c: &[f32], factor: f32, grad_x: &mut [f32], grad_center: &mut [f32]) {
    let factor = V::splat(factor);
    if grad_center.is_empty() {
        return for_lanes::<V, 2, 1>([x, c], [grad_x], |[x, c], [grad]| [factor.mul_add(x.sub(c), grad)]);
    }
    for_lanes::<V, 2, 2>([x, c], [grad_x, grad_center], |[x, c], [grad_x, grad_center]| {
        let term = factor.mul(x.sub(c));
        [grad_x.add(term), grad_center.sub(term)]
    });
}

/// Sums over rows for all centers.
struct CenterSums<'a> {
    partial: &'a mut [f32],
    accumulator: &'a mut [f64],
    /// Number of rows in the partial sums.
    rows: usize,
    /// True if the accumulators hold anything.
    has_flushed: bool,
}

impl CenterSums<'_> {
    /// Moves the partial sums to the accumulators if they can't take `rows` more.
    fn reserve_rows<V: Vector>(&mut self, rows: usize) {
        if self.rows + rows > PARTIAL_TERMS {
            self.flush::<V>();
            self.rows = 0;
        }
        self.rows += rows;
    }

    fn flush<V: Vector>(&mut self) {
        flush_partial::<V>(self.partial, slice_mut(self.accumulator, 0, self.partial.len()), !self.has_flushed);
        self.has_flushed = true;
    }

    /// Makes the partial sums the whole sums.
    fn finish<V: Vector>(&mut self) {
        if self.has_flushed {
            self.flush::<V>();
            read_accumulator::<V>(self.partial, self.accumulator);
        }
    }
}

/// accumulator ← accumulator + partial, partial ← 0
#[inline(never)]
fn flush_partial<V: Vector>(partial: &mut [f32], accumulator: &mut [f64], is_first: bool) {
    let ((partials, rest), (accumulators, accumulator_rest)) = (partial.as_chunks_mut(), accumulator.as_chunks_mut());
    for (total, partial) in accumulators.iter_mut().zip(partials) {
        let before = V::F64x4::splat(0.0);
        V::load(partial).widen().add(if is_first { before } else { V::F64x4::load(total) }).store(total);
        V::splat(0.0).store(partial);
    }
    for (total, partial) in accumulator_rest.iter_mut().zip(rest) {
        *total = f64::from(*partial) + if is_first { 0.0 } else { *total };
        *partial = 0.0;
    }
}

fn read_accumulator<V: Vector>(values: &mut [f32], accumulator: &[f64]) {
    let ((values, rest), (accumulators, accumulator_rest)) = (values.as_chunks_mut(), accumulator.as_chunks());
    for (values, total) in values.iter_mut().zip(accumulators) {
        V::narrow(V::F64x4::load(total)).store(values);
    }
    for (value, total) in rest.iter_mut().zip(accumulator_rest) {
        *value = round_to_f32(*total);
    }
}
