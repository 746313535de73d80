//! Counts, means and scatter of classes, from rows that come in batches.
//!
//! Over the rows x_i of class j, with weights w_i:
//!
//!   n = Σ w_i    m = Σ w_i·x_i / n    M = Σ w_i·(x_i − m)² in each dimension    T = Σ_j Σ w_i·(x_i − m_j)(x_i − m_j)ᵀ
//!
//! Two sets of rows a and b join (Chan, Golub and LeVeque 1979): with δ = m_b − m_a,
//!
//!   n = n_a + n_b    m = m_a + δ·n_b/n    M = M_a + M_b + δ²·n_a·n_b/n    T likewise, with δδᵀ
//!
//! Rows first join a *run* of their class in `f32`: Σ w·d and Σ w·d² of the differences d = x − p. The pivot p is the
//! mean of the class when the run began, so that neither the offset of the data nor the number of rows costs digits. A
//! run has at most 64 rows, which weigh no more than all rows of the class before. (More weight could lie far from a
//! pivot that weighs little; its own variance, a small part of Σ w·d², would lose its digits.) A full run joins the
//! totals in `f64`.

use crate::rows::shape::{Rows, class_of, item, item_mut, slice, slice_mut, split_mut};
use crate::rows::walk::{for_lanes, residual};
use crate::simd::vector::{Vector, round_to_f32, trap};
use crate::statistics::scatter;

/// Largest number of rows in a run.
const MAX_RUN_ROWS: u32 = 64;

/// Largest w·‖d‖² of a row in a run: the sums of 64 rows stay within `f32`. A row that exceeds it joins the totals
/// directly.
const MAX_RUN_SQUARES: f64 = 1e34;
/// Smallest weight of a row in a run: its products stay within `f32`.
const MIN_RUN_WEIGHT: f64 = 1.0 / 1_048_576.0;
/// Largest weight of a row in a run: its products stay within `f32`.
const MAX_RUN_WEIGHT: f64 = 1_048_576.0;

/// Bytes of rows that are prefetched together: they fit a second-level cache.
const PREFETCH_BYTES: usize = 1 << 15;
/// Largest size of pivots and sums that stay in a first-level cache while rows pass. The processor then reads the rows
/// ahead by itself, a fourth faster for 64 dimensions; where sums miss that cache, its own reading takes longer.
const SMALL_CACHE_BYTES: usize = 3 << 12;
const CACHE_LINE_BYTES: usize = 64;

/// Largest growth of the weights of new rows before all weights are scaled down.
const MAX_GROWTH: f64 = 1024.0;

/// Scatter that is kept beside counts and means.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen::prelude::wasm_bindgen, derive(bytemuck::CheckedBitPattern))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Covariance {
    /// No scatter.
    None,
    /// M of each class.
    Diagonal,
    /// M of each class, and T.
    Tied,
}

impl Covariance {
    /// Number of sums in a run: Σ w·d and, with a covariance, Σ w·d².
    pub(crate) fn sums_per_run(self) -> usize {
        if self == Self::None { 1 } else { 2 }
    }
}

/// Run of one class.
#[cfg_attr(target_arch = "wasm32", derive(bytemuck::Zeroable))]
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct RowRun {
    /// Σ w
    weight: f64,
    /// Number of rows. If it is 0, the sums have any content.
    rows: u32,
    /// Position of the sums in [`Memory::sums`].
    slot: u32,
}

/// State shared by all classes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct SharedState {
    /// Current weight of a row of weight 1. It grows, instead of the weights of all earlier rows shrinking.
    growth: f64,
    /// Position of sums that belong to no class.
    free_slot: u32,
    /// Number of rows in the tied run, one run for the scatter T of all classes.
    tied_rows: u32,
    /// Number of differences that are queued for the tied run.
    queued: u32,
    queued_weights: [f32; scatter::ROWS_PER_PASS],
    /// Sum of the prefetched values, kept so that the compiler does not remove the loads.
    prefetched: f32,
}

/// Memory of the statistics, with the lengths in [`Sizes`].
#[derive(Debug)]
pub struct Memory<'a> {
    /// [C, D]
    pub pivots: &'a mut [f32],
    /// [C + 2, D] or [C + 2, 2, D]: the row of zeros, the free sums and the sums of each class.
    pub sums: &'a mut [f32],
    /// Triangle of T in the tied run, or empty.
    pub tied: &'a mut [f32],
    /// [4, D], or empty.
    pub differences: &'a mut [f32],
    /// [1]
    pub shared: &'a mut [SharedState],
    /// [C]
    pub runs: &'a mut [RowRun],
    /// Scratch [D].
    pub delta: &'a mut [f64],
    /// Number of rejected rows, n [C], m [C, D], M [C, D] if there is a covariance, and the triangle of T if it is
    /// tied.
    pub totals: &'a mut [f64],
}

/// Lengths of a [`Memory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub pivots: usize,
    pub sums: usize,
    pub tied: usize,
    pub differences: usize,
    pub totals: usize,
}

impl Sizes {
    /// Lengths for C classes of D dimensions; `None` if one exceeds the address space.
    #[must_use]
    pub fn new(n_classes: usize, dim: usize, covariance: Covariance) -> Option<Self> {
        let matrix = n_classes.checked_mul(dim)?;
        let is_tied = covariance == Covariance::Tied;
        let tied = if is_tied { dim.checked_add(1)?.checked_mul(dim)? / 2 } else { 0 };
        let squares = if covariance == Covariance::None { 0 } else { matrix };
        let runs = n_classes.checked_add(2)?.checked_mul(covariance.sums_per_run())?;
        Some(Self {
            pivots: matrix,
            sums: runs.checked_mul(dim)?,
            tied,
            differences: if is_tied { scatter::ROWS_PER_PASS.checked_mul(dim)? } else { 0 },
            totals: n_classes.checked_add(1)?.checked_add(matrix)?.checked_add(squares)?.checked_add(tied)?,
        })
    }
}

/// Statistics of C classes in D dimensions.
#[derive(Debug)]
pub struct Statistics<'a> {
    covariance: Covariance,
    sums: &'a mut [f32],
    tied: &'a mut [f32],
    differences: &'a mut [f32],
    shared: &'a mut SharedState,
    runs: &'a mut [RowRun],
    delta: &'a mut [f64],
    rejected: &'a mut f64,
    totals: Totals<'a>,
}

#[derive(Debug)]
struct Totals<'a> {
    dim: usize,
    pivots: &'a mut [f32],
    weights: &'a mut [f64],
    means: &'a mut [f64],
    /// M, or empty.
    squares: &'a mut [f64],
    /// T, or empty.
    scatter: &'a mut [f64],
}

impl<'a> Statistics<'a> {
    /// Views memory that [`Statistics::restore`] has initialized.
    ///
    /// # Panics
    /// If a part of the memory has another length than [`Sizes`] says.
    #[must_use]
    pub fn new(memory: Memory<'a>, dim: usize, covariance: Covariance) -> Self {
        let n_classes = memory.runs.len();
        let mut rest = memory.totals;
        let mut next = |len: usize| match core::mem::take(&mut rest).split_at_mut_checked(len) {
            Some((values, after)) => {
                rest = after;
                values
            }
            None => trap(),
        };
        let matrix = n_classes * dim;
        let squares = if covariance == Covariance::None { 0 } else { matrix };
        let triangle = if covariance == Covariance::Tied { scatter::len(dim) } else { 0 };
        let (rejected, weights) = (next(1), next(n_classes));
        let (means, squares, scatter) = (next(matrix), next(squares), next(triangle));
        Self {
            covariance,
            sums: memory.sums,
            tied: memory.tied,
            differences: memory.differences,
            shared: first_item(memory.shared),
            runs: memory.runs,
            delta: memory.delta,
            rejected: first_item(rejected),
            totals: Totals { dim, pivots: memory.pivots, weights, means, squares, scatter },
        }
    }

    /// Makes everything else agree with the totals, after they were written, or after all memory was set to 0.
    #[allow(clippy::cast_possible_truncation, reason = "classes fit the 32 bits of a wasm address")]
    pub fn restore(&mut self) {
        *self.shared = SharedState { growth: 1.0, free_slot: 1, ..SharedState::default() };
        self.tied.fill(0.0);
        // Row 0 of the sums is the row of zeros.
        slice_mut(self.sums, 0, self.covariance.sums_per_run() * self.totals.dim).fill(0.0);
        for (class, run) in self.runs.iter_mut().enumerate() {
            *run = RowRun { slot: class as u32 + 2, ..RowRun::default() };
        }
        for (pivot, mean) in self.totals.pivots.iter_mut().zip(self.totals.means.iter()) {
            *pivot = round_to_f32(*mean);
        }
    }

    /// Adds rows with their weights, or with weight 1 if there are none. Weights are finite.
    ///
    /// First, all earlier rows get `forgetting` times their weight, 0 < `forgetting` ≤ 1. Rows without a class or of
    /// weight 0 are ignored. Rows with a value that is not finite are counted as rejected.
    pub fn add<V: Vector>(&mut self, x: Rows, labels: &[i32], weights: &[f32], forgetting: f64) {
        self.forget::<V>(forgetting);
        let growth = self.shared.growth;
        let in_small_cache = size_of_val(&*self.totals.pivots) + size_of_val(&*self.sums) <= SMALL_CACHE_BYTES;
        let rows_at_once = PREFETCH_BYTES.checked_div(size_of::<f32>() * x.dim()).unwrap_or(0).max(1);
        for first in (0..labels.len()).step_by(rows_at_once) {
            if !in_small_cache {
                self.shared.prefetched = prefetch(x.chunk(first, rows_at_once));
            }
            let labels = slice(labels, first, rows_at_once.min(labels.len() - first));
            for (row, &label) in (first..).zip(labels) {
                let Some(class) = class_of(label, self.runs.len()) else { continue };
                let weight = if weights.is_empty() { 1.0 } else { f64::from(item(weights, row)) };
                // Compare before scaling: scaling could underflow a small weight to 0.
                if weight > 0.0 && !self.add_to_run::<V>(class, x.row(row), weight * growth) {
                    self.add_single_row(class, x.row(row), weight * growth);
                }
            }
        }
    }

    fn forget<V: Vector>(&mut self, forgetting: f64) {
        if forgetting < 1.0 {
            // Making new rows heavier takes less time than making all earlier rows lighter.
            self.shared.growth /= forgetting;
            if self.shared.growth > MAX_GROWTH {
                self.flush::<V>();
            }
        }
    }

    /// Adds a row of a class to its run. Returns false, and changes nothing, if the run can't hold it.
    #[allow(clippy::float_cmp, reason = "a weight of exactly 1 changes nothing")]
    #[inline]
    fn add_to_run<V: Vector>(&mut self, class: usize, x: &[f32], weight: f64) -> bool {
        let dim = self.totals.dim;
        let per_run = self.covariance.sums_per_run() * dim;
        let run = item_mut(self.runs, class);
        if !(MIN_RUN_WEIGHT..=MAX_RUN_WEIGHT).contains(&weight) {
            return false;
        }
        let weight = round_to_f32(weight);
        // The run weighs no more than the class had before, so the first row of a class joins the totals directly.
        let max_weight = item(self.totals.weights, class);
        let run_weight = run.weight + f64::from(weight);
        if run.rows == MAX_RUN_ROWS || run_weight > max_weight {
            return false;
        }
        let range = |slot: u32| slot as usize * per_run..(slot as usize + 1) * per_run;
        // An empty run starts at the row of zeros.
        let before = if run.rows == 0 { 0 } else { run.slot };
        let Ok([before, after]) = self.sums.get_disjoint_mut([range(before), range(self.shared.free_slot)]) else {
            trap()
        };
        let pivot = slice(self.totals.pivots, class * dim, dim);
        let factor = V::splat(weight);
        let distance = if self.covariance == Covariance::None {
            residual::<V, 1, 1>(x, pivot, [before], [after], |difference, [sum]| [factor.mul_add(difference, sum)])
        } else {
            let (sums_after, squares_after) = split_mut(after, dim);
            let (before, after) = ([slice(before, 0, dim), slice(before, dim, dim)], [sums_after, squares_after]);
            if weight == 1.0 {
                // The same bits, with the d² that the distance needs too: a twentieth less time.
                residual::<V, 2, 2>(x, pivot, before, after, |difference, [sum, square]| {
                    [sum.add(difference), difference.mul_add(difference, square)]
                })
            } else {
                residual::<V, 2, 2>(x, pivot, before, after, |difference, [sum, square]| {
                    let weighted = factor.mul(difference);
                    [sum.add(weighted), weighted.mul_add(difference, square)]
                })
            }
        };
        // NaN is not in the range.
        if !(0.0..=MAX_RUN_SQUARES).contains(&(f64::from(weight) * distance)) {
            return false;
        }
        core::mem::swap(&mut run.slot, &mut self.shared.free_slot);
        (run.weight, run.rows) = (run_weight, run.rows + 1);
        let is_full = run.rows == MAX_RUN_ROWS || run_weight >= max_weight;
        if self.covariance == Covariance::Tied {
            self.add_difference::<V>(class, x, weight);
        }
        if is_full {
            self.flush_run(class);
        }
        true
    }

    /// Queues the difference of a row from its pivot for the tied run.
    #[inline(never)]
    fn add_difference<V: Vector>(&mut self, class: usize, x: &[f32], weight: f32) {
        let dim = x.len();
        let index = self.shared.queued as usize;
        let pivot = slice(self.totals.pivots, class * dim, dim);
        let row = slice_mut(self.differences, index * dim, dim);
        for_lanes::<V, 2, 1>([x, pivot], [row], |[x, pivot], _| [x.sub(pivot)]);
        *item_mut(&mut self.shared.queued_weights, index) = weight;
        self.shared.queued += 1;
        self.shared.tied_rows += 1;
        if index + 1 == scatter::ROWS_PER_PASS {
            self.add_to_tied_run::<V>();
        }
        if self.shared.tied_rows == MAX_RUN_ROWS {
            scatter::drain(self.tied, self.totals.scatter);
            self.shared.tied_rows = 0;
        }
    }

    fn add_to_tied_run<V: Vector>(&mut self) {
        let dim = self.totals.dim;
        let rows = core::array::from_fn(|r| slice(self.differences, r * dim, dim));
        scatter::add_rows::<V>(self.tied, self.shared.queued_weights, rows);
        self.shared.queued = 0;
    }

    /// Handles the rows that a run can't hold: the first row of a class, an outlier, a heavy row, or a row that is not
    /// finite.
    #[cold]
    #[inline(never)]
    fn add_single_row(&mut self, class: usize, x: &[f32], weight: f64) {
        if x.iter().any(|value| !value.is_finite()) {
            *self.rejected += 1.0;
            return;
        }
        // The row becomes the pivot, so the run has to end.
        self.flush_run(class);
        let dim = self.totals.dim;
        // `copy_from_slice` would bring a panic with formatted numbers: two kilobytes in the module.
        slice_mut(self.totals.pivots, class * dim, dim).iter_mut().zip(x).for_each(|(pivot, value)| *pivot = *value);
        let zeros = slice(self.sums, 0, self.covariance.sums_per_run() * dim);
        self.totals.join_run(class, weight, zeros, self.delta);
    }

    /// Moves the run of a class to the totals.
    fn flush_run(&mut self, class: usize) {
        let run = item_mut(self.runs, class);
        if run.rows > 0 {
            let per_run = self.covariance.sums_per_run() * self.totals.dim;
            let sums = slice(self.sums, run.slot as usize * per_run, per_run);
            self.totals.join_run(class, run.weight, sums, self.delta);
            (run.weight, run.rows) = (0.0, 0);
        }
    }

    /// Moves all runs to the totals, and scales the weights back: the totals can be read then.
    #[inline(never)]
    pub fn flush<V: Vector>(&mut self) {
        for class in 0..self.runs.len() {
            self.flush_run(class);
        }
        if self.shared.queued > 0 {
            // Rows of zeros fill the pass up.
            let taken = self.shared.queued as usize * self.totals.dim;
            if let Some(rest) = self.differences.get_mut(taken..) {
                rest.fill(0.0);
            }
            self.add_to_tied_run::<V>();
        }
        scatter::drain(self.tied, self.totals.scatter);
        self.shared.tied_rows = 0;
        if self.shared.growth > 1.0 {
            self.totals.scale(1.0 / self.shared.growth);
            self.shared.growth = 1.0;
        }
    }

    /// Adds the rows of `other`, which has as many classes and dimensions, and the same covariance.
    pub fn merge<V: Vector>(&mut self, other: &mut Statistics) {
        self.flush::<V>();
        other.flush::<V>();
        let (dim, from) = (self.totals.dim, &other.totals);
        for class in 0..self.runs.len() {
            let weight = item(from.weights, class);
            if weight > 0.0 {
                let squares = if from.squares.is_empty() { &[] } else { slice(from.squares, class * dim, dim) };
                let mean = slice(from.means, class * dim, dim);
                self.totals.join(class, weight, mean, squares, self.delta);
            }
        }
        for (sum, more) in self.totals.scatter.iter_mut().zip(from.scatter.iter()) {
            *sum += more;
        }
        *self.rejected += *other.rejected;
    }

    /// Writes the means as centers [C, D]. A class without rows has an infinite center, which is nearest to no row.
    pub fn centers(&self, out: &mut [f32]) {
        let Totals { dim, weights, means, .. } = &self.totals;
        for (class, weight) in weights.iter().enumerate() {
            let center = slice_mut(out, class * dim, *dim);
            for (center, mean) in center.iter_mut().zip(slice(means, class * dim, *dim)) {
                *center = if *weight > 0.0 { round_to_f32(*mean) } else { f32::INFINITY };
            }
        }
    }

    /// Writes M/n [C, D], the maximum likelihood estimate of the variances; 0 for a class without rows.
    pub fn variances(&self, out: &mut [f64]) {
        let Totals { dim, weights, squares, .. } = &self.totals;
        for (class, weight) in weights.iter().enumerate() {
            let variances = slice_mut(out, class * dim, *dim);
            for (variance, squares) in variances.iter_mut().zip(slice(squares, class * dim, *dim)) {
                *variance = if *weight > 0.0 { *squares / *weight } else { 0.0 };
            }
        }
    }

    /// Writes T/Σn [D, D], the maximum likelihood estimate of the covariance that all classes share; 0 without rows.
    pub fn tied_covariance(&self, out: &mut [f64]) {
        let Totals { dim, weights, scatter, .. } = &self.totals;
        scatter::covariance(scatter, weights.iter().sum(), *dim, out);
    }
}

impl Totals<'_> {
    /// Adds to the weight of a class. Returns n_b/n and n_a·n_b/n, where b are the new rows.
    fn add_weight(&mut self, class: usize, weight: f64) -> (f64, f64) {
        let own = item_mut(self.weights, class);
        let share = weight / (*own + weight);
        let between = *own * share;
        *own += weight;
        (share, between)
    }

    /// Joins a run of a class to its totals.
    #[inline(never)]
    fn join_run(&mut self, class: usize, weight: f64, sums: &[f32], delta: &mut [f64]) {
        let dim = self.dim;
        let (share, between) = self.add_weight(class, weight);
        let inverse = 1.0 / weight;
        let means = slice_mut(self.means, class * dim, dim);
        let pivots = slice_mut(self.pivots, class * dim, dim);
        let sum = slice(sums, 0, dim);
        if !self.scatter.is_empty() {
            // The tied run has summed its rows about the pivot: move their scatter to their mean, then join the two
            // means.
            for (delta, sum) in delta.iter_mut().zip(sum) {
                *delta = f64::from(*sum) * inverse;
            }
            scatter::add_outer(self.scatter, -weight, delta);
            for ((delta, mean), pivot) in delta.iter_mut().zip(means.iter()).zip(pivots.iter()) {
                *delta += f64::from(*pivot) - *mean;
            }
            scatter::add_outer(self.scatter, between, delta);
        }
        let runs = means.iter_mut().zip(pivots).zip(sum);
        let join = |((mean, pivot), sum): ((&mut f64, &mut f32), &f32)| {
            let offset = f64::from(*sum) * inverse;
            let difference = f64::from(*pivot) + offset - *mean;
            *mean += share * difference;
            *pivot = round_to_f32(*mean);
            (f64::from(*sum) * offset, between * difference * difference)
        };
        if self.squares.is_empty() {
            runs.for_each(|run| _ = join(run));
            return;
        }
        let squares = slice_mut(self.squares, class * dim, dim).iter_mut().zip(slice(sums, dim, dim));
        for ((own, sum_of_squares), run) in squares.zip(runs) {
            let (offset, between) = join(run);
            // Clamp: rounding can make a zero variance slightly negative.
            let own_square = f64::from(*sum_of_squares) - offset;
            *own += if own_square > 0.0 { own_square } else { 0.0 } + between;
        }
    }

    /// Joins another set of rows of a class, with n = `weight`, m = `mean` and M = `squares`.
    #[inline(never)]
    fn join(&mut self, class: usize, weight: f64, mean: &[f64], squares: &[f64], delta: &mut [f64]) {
        let dim = self.dim;
        let (share, between) = self.add_weight(class, weight);
        let means = slice_mut(self.means, class * dim, dim);
        let pivots = slice_mut(self.pivots, class * dim, dim);
        for ((own, pivot), (mean, delta)) in means.iter_mut().zip(pivots).zip(mean.iter().zip(&mut *delta)) {
            *delta = mean - *own;
            *own += share * *delta;
            *pivot = round_to_f32(*own);
        }
        if !self.squares.is_empty() {
            let own = slice_mut(self.squares, class * dim, dim);
            for (own, (squares, delta)) in own.iter_mut().zip(squares.iter().zip(delta.iter())) {
                *own += squares + between * delta * delta;
            }
        }
        if !self.scatter.is_empty() {
            scatter::add_outer(self.scatter, between, delta);
        }
    }

    /// Multiplies all weights by `factor`. A class whose weight underflows is left without rows.
    #[inline(never)]
    fn scale(&mut self, factor: f64) {
        for class in 0..self.weights.len() {
            let weight = item_mut(self.weights, class);
            *weight *= factor;
            if *weight < f64::MIN_POSITIVE {
                *weight = 0.0;
                slice_mut(self.means, class * self.dim, self.dim).fill(0.0);
                slice_mut(self.pivots, class * self.dim, self.dim).fill(0.0);
                if !self.squares.is_empty() {
                    slice_mut(self.squares, class * self.dim, self.dim).fill(0.0);
                }
            }
        }
        for sum in self.squares.iter_mut().chain(self.scatter.iter_mut()) {
            *sum *= factor;
        }
    }
}

/// Reads one value of each cache line of many rows at once, so that many lines are on their way at a time. Reading line by
/// line, amid the sums of other rows, took up to twice the time.
#[inline]
fn prefetch(rows: Rows) -> f32 {
    rows.values().iter().step_by(CACHE_LINE_BYTES / size_of::<f32>()).sum()
}

fn first_item<T>(values: &mut [T]) -> &mut T {
    match values.first_mut() {
        Some(value) => value,
        None => trap(),
    }
}
