//! Losses that separate classes: each row looks at all centers.
//!
//! loss = s·Σ_i w_i·ℓ(d_i1, …, d_iC; y_i) over the known rows, w by [`Weights`], s by [`Reduction`] with Σ w_i for B. What
//! ℓ is, one row at a time, is a [`RowLoss`]; the walk over the batch is here. Rows come in groups, as many as have few
//! distances, and within a group in blocks, each of which meets four centers at a time, whose rows and gradients stay in
//! the cache. There is no distance matrix of the batch.
//!
//! ∂ℓ/∂x = Σ_j f_j·(x − c_j) and ∂ℓ/∂c_j = −f_j·(x − c_j), f_j by the [`RowLoss`], are summed from the differences: apart,
//! Σ f_j·x and Σ f_j·c_j would cancel where the centers are far from the origin.

use core::cell::Cell;

use crate::distance::gemm;
use crate::distance::squared_euclidean;
use crate::loss::reduction::{Labels, Reduction};
use crate::loss::weights::Weights;
use crate::rows::shape::{Rows, part, part_mut, split_mut};
use crate::rows::walk::{for_lanes, squared_distance};
use crate::simd::f64x4::Wide;
use crate::simd::vector::{LANES, Vector};

/// Rows of a block: with their gradients they stay in a first-level cache while the centers pass.
const ROWS: usize = 16;

/// Distances of a group, which take 2 MB …
const GROUP_DISTANCES: usize = 1 << 19;
/// … and its most rows: more gain nothing.
const GROUP_ROWS: usize = 256;

/// Rows whose distances are computed together, whole blocks of them.
fn group_rows(rows: usize, n_classes: usize) -> usize {
    let few = GROUP_DISTANCES.checked_div(n_classes).unwrap_or(0).clamp(ROWS, GROUP_ROWS);
    (few / ROWS * ROWS).min(rows)
}

/// Terms of a gradient that are summed in `f32` before the sum moves to `f64`.
const RUN: usize = 64;

/// The loss of one row as a function of its distances.
pub trait RowLoss {
    /// Whether the distances to the other centers matter. Where they do not, a row has its own distance only, as class 0.
    fn looks_at_others(&self) -> bool {
        true
    }

    /// ℓ, and in place of each squared distance d_j the factor f_j of x − c_j in ∂ℓ/∂x: 2·∂ℓ/∂d_j. `room` is as long.
    ///
    /// Where ℓ is not finite the factors do not matter.
    fn row(&self, distances: &mut [f32], room: &mut [f32], class: usize) -> f64;
}

/// The rows, what they belong to, and how much they count.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// [B, D]
    pub x: Rows<'a>,
    /// [B]
    pub labels: &'a [i32],
    /// [C, D]
    pub centers: Rows<'a>,
    /// w
    pub weights: Weights<'a>,
    /// s
    pub reduction: Reduction,
}

/// Room that a walk over the batch needs, by the lengths of [`RoomSizes`]; what it holds does not matter.
#[derive(Debug)]
pub struct Room<'a> {
    /// The distances of a group, then their factors; room for one row more, and what computing them wants.
    pub distances: &'a mut [f32],
    /// ∂loss/∂x of a block in `f64`.
    pub of_rows: &'a mut [f64],
    /// ∂loss/∂c in `f64`.
    pub of_centers: &'a mut [f64],
}

/// Numbers of values in a [`Room`] for one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomSizes {
    /// Length of [`Room::distances`].
    pub distances: usize,
    /// Length of [`Room::of_rows`]: 0 where one run holds all terms of a row.
    pub of_rows: usize,
    /// Length of [`Room::of_centers`]: 0 where one run holds all terms of a center.
    pub of_centers: usize,
    /// Vectors of the sum in [`crate::loss::island::repulsion`].
    pub sum: usize,
}

impl RoomSizes {
    /// Sizes for a batch.
    #[must_use]
    pub fn new(rows: usize, n_classes: usize, n_dim: usize) -> Self {
        let group = group_rows(rows, n_classes);
        Self {
            distances: (group + 1) * n_classes + gemm::room_values(group, n_classes, n_dim),
            of_rows: if n_classes > RUN { ROWS.min(rows) * n_dim } else { 0 },
            of_centers: if rows > RUN { n_classes * n_dim } else { 0 },
            sum: n_dim.div_ceil(LANES),
        }
    }
}

/// Writes ∂loss/∂x, unless there is no room for it, then ∂loss/∂c, unless there is none for that, and returns the loss.
///
/// A known row with a NaN makes the loss NaN; it has no gradient and adds nothing to those of the centers. Nor does one
/// whose loss is not finite. Not inlined: one copy serves all losses.
#[inline(never)]
pub fn sweep<V: Vector>(
    loss: &dyn RowLoss,
    batch: &Batch,
    grad_x: &mut [f32],
    grad_centers: &mut [f32],
    room: &mut Room,
) -> f64 {
    let Batch { x, centers, .. } = *batch;
    let (dim, n_classes) = (x.dim(), centers.count());
    let scale = batch.scale();
    let mut sums = Sums { run: grad_centers, totals: room.of_centers, rows: 0, moved: false };
    sums.run.fill(0.0);
    grad_x.fill(0.0);
    let labels = Labels::new(batch.labels, n_classes);
    let mut total = 0.0;
    let width = if loss.looks_at_others() { n_classes } else { 1 };
    let group = group_rows(x.count(), n_classes);
    let (factors, rest) = split_mut(room.distances, group * n_classes);
    let (spare, rest) = split_mut(rest, n_classes);
    for first in (0..x.count()).step_by(group.max(1)) {
        let rows = x.part(first, group);
        let factors = part_mut(factors, 0, rows.count() * width);
        if loss.looks_at_others() {
            squared_euclidean::distances::<V>(rows, centers, rest, factors);
        }
        for row in 0..rows.count() {
            let factors = part_mut(factors, row * width, width);
            total += batch.row::<V>(loss, scale, &labels, first + row, factors, part_mut(spare, 0, width));
        }
        if grad_x.is_empty() {
            continue;
        }
        for start in (0..rows.count()).step_by(ROWS) {
            let block = rows.part(start, ROWS);
            let first = first + start;
            let factors = part(factors, start * width, block.count() * width);
            let grad_x = part_mut(grad_x, first * dim, block.count() * dim);
            sums.make_room(block.count());
            if loss.looks_at_others() {
                pull::<V>(block, centers, factors, grad_x, sums.run, room.of_rows);
            } else {
                pull_own::<V>(block, centers, |row| labels.class(first + row), factors, grad_x, sums.run);
            }
        }
    }
    sums.finish();
    total * scale
}

impl Batch<'_> {
    /// Whether any known row has a weight.
    pub(crate) fn counts(&self) -> bool {
        self.scale() > 0.0
    }

    fn scale(&self) -> f64 {
        self.weights.scale(self.reduction, self.labels, self.centers.count())
    }

    /// What a row adds to the sum, its distances turned into the factors of its differences in ∂loss/∂x.
    fn row<V: Vector>(
        &self,
        loss: &dyn RowLoss,
        scale: f64,
        labels: &Labels,
        row: usize,
        distances: &mut [f32],
        room: &mut [f32],
    ) -> f64 {
        let x = self.x.row(row);
        let class = labels.class(row);
        let weight = self.weights.of(row, class);
        let Some(class) = class.filter(|_| weight > 0.0) else {
            distances.fill(0.0);
            // What a row without weight holds does not matter.
            return if weight > 0.0 { labels.without_class(row, x) } else { 0.0 };
        };
        let class = if loss.looks_at_others() {
            class
        } else {
            #[allow(clippy::cast_possible_truncation, reason = "distances are float32")]
            distances.fill(squared_distance::<V>(x, self.centers.row(class)) as f32);
            0
        };
        let cost = loss.row(distances, room, class);
        let factor = V::Wide::splat(weight * scale);
        // 0, but NaN where any is not finite.
        let spoiled = Cell::new(V::splat(0.0));
        for_lanes::<V, 0, 1>([], [distances], |[], [factors]| {
            let scaled = V::narrow(factors.widen().mul(factor));
            spoiled.set(spoiled.get().add(scaled.sub(scaled)));
            [scaled]
        });
        let pulls = cost.is_finite() && !spoiled.get().sum().is_nan();
        if !pulls {
            distances.fill(0.0);
        }
        weight * cost
    }
}

/// grad_x_i ← Σ_j f_ij·(x_i − c_j) of a block and, unless it is empty, grad_c_j ← grad_c_j − Σ_i f_ij·(x_i − c_j).
///
/// Only where f_ij is not 0: a center that is not finite, but plays no part, is not looked at.
#[inline(never)]
fn pull<V: Vector>(
    x: Rows,
    centers: Rows,
    factors: &[f32],
    grad_x: &mut [f32],
    grad_centers: &mut [f32],
    totals: &mut [f64],
) {
    let (dim, n_classes) = (x.dim(), centers.count());
    for first in (0..n_classes).step_by(LANES) {
        let count = LANES.min(n_classes - first);
        for row in 0..x.count() {
            let grad_x = part_mut(grad_x, row * dim, dim);
            let factors = part(factors, row * n_classes + first, count);
            let of_centers = if grad_centers.is_empty() { 0 } else { dim };
            let grad_centers = part_mut(grad_centers, first * of_centers, count * of_centers);
            match factors.first_chunk() {
                Some(four) if four.iter().all(|factor| *factor != 0.0) => {
                    pull_four::<V>(x.row(row), centers.rows(first), *four, grad_x, grad_centers);
                }
                _ => {
                    for (offset, &factor) in factors.iter().enumerate().filter(|(_, factor)| **factor != 0.0) {
                        let grad_center = part_mut(grad_centers, offset * of_centers, of_centers);
                        pull_one::<V>(x.row(row), centers.row(first + offset), factor, grad_x, grad_center);
                    }
                }
            }
        }
        let next = first + LANES;
        if n_classes > RUN && (next.is_multiple_of(RUN) || next >= n_classes) {
            move_to_totals(grad_x, part_mut(totals, 0, grad_x.len()), next <= RUN);
            if next >= n_classes {
                take_totals(grad_x, totals);
            }
        }
    }
}

/// The same where a row has a factor of its own center alone.
fn pull_own<V: Vector>(
    x: Rows,
    centers: Rows,
    class_of: impl Fn(usize) -> Option<usize>,
    factors: &[f32],
    grad_x: &mut [f32],
    grad_centers: &mut [f32],
) {
    let dim = x.dim();
    let of_centers = if grad_centers.is_empty() { 0 } else { dim };
    for (row, &factor) in factors.iter().enumerate().filter(|(_, factor)| **factor != 0.0) {
        if let Some(class) = class_of(row) {
            let grad_center = part_mut(grad_centers, class * of_centers, of_centers);
            pull_one::<V>(x.row(row), centers.row(class), factor, part_mut(grad_x, row * dim, dim), grad_center);
        }
    }
}

/// One row and four centers, so that the row and its gradient are loaded once for four.
#[inline(never)]
fn pull_four<V: Vector>(
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

/// One row and one center.
#[inline(never)]
fn pull_one<V: Vector>(x: &[f32], c: &[f32], factor: f32, grad_x: &mut [f32], grad_center: &mut [f32]) {
    let factor = V::splat(factor);
    if grad_center.is_empty() {
        return for_lanes::<V, 2, 1>([x, c], [grad_x], |[x, c], [grad]| [factor.mul_add(x.sub(c), grad)]);
    }
    for_lanes::<V, 2, 2>([x, c], [grad_x, grad_center], |[x, c], [of_x, of_center]| {
        let pull = factor.mul(x.sub(c));
        [of_x.add(pull), of_center.sub(pull)]
    });
}

/// Sums over rows, in `f32` over runs of at most [`RUN`] rows, in `f64` across runs.
struct Sums<'a> {
    run: &'a mut [f32],
    totals: &'a mut [f64],
    /// Rows of the run.
    rows: usize,
    /// Whether there is anything in the totals.
    moved: bool,
}

impl Sums<'_> {
    /// Ends the run if it can't take so many rows more.
    fn make_room(&mut self, rows: usize) {
        if self.rows + rows > RUN {
            self.end_run();
            self.rows = 0;
        }
        self.rows += rows;
    }

    fn end_run(&mut self) {
        move_to_totals(self.run, part_mut(self.totals, 0, self.run.len()), !self.moved);
        self.moved = true;
    }

    /// Makes the run the sum of all.
    fn finish(&mut self) {
        if self.moved {
            self.end_run();
            take_totals(self.run, self.totals);
        }
    }
}

/// totals ← totals + run, run ← 0
#[inline(never)]
fn move_to_totals(run: &mut [f32], totals: &mut [f64], is_first: bool) {
    for (total, run) in totals.iter_mut().zip(run) {
        *total = f64::from(*run) + if is_first { 0.0 } else { *total };
        *run = 0.0;
    }
}

fn take_totals(values: &mut [f32], totals: &[f64]) {
    for (value, total) in values.iter_mut().zip(totals) {
        #[allow(clippy::cast_possible_truncation, reason = "the one rounding to float32")]
        let sum = *total as f32;
        *value = sum;
    }
}
