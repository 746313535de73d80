//! Counts, means and scatter of classes from rows that come one after the other.
//!
//! Of class j, over its rows x_i of weight w_i:
//!
//!   n = Σ w_i    m = Σ w_i·x_i / n    M = Σ w_i·(x_i − m)² in each dimension    T = Σ_j Σ w_i·(x_i − m_j)(x_i − m_j)ᵀ
//!
//! Two sets of rows make one (Chan, Golub and LeVeque 1979): with δ = m_b − m_a,
//!
//!   n = n_a + n_b    m = m_a + δ·n_b/n    M = M_a + M_b + δ²·n_a·n_b/n    T likewise, with δδᵀ
//!
//! Rows are taken into a *run* in `f32`, Σ w·d and Σ w·d² of their differences d = x − p to a pivot p of the class: its
//! mean as it was when the run began, so that neither the offset of the data nor their number costs digits. A run of at
//! max_weight 64 rows, which weigh no more than all before, joins the totals in `f64` by the formula above. (More weight could
//! lie far from a pivot that weighs little, and then its own variance, a small part of Σ w·d², would lose its digits.)

use crate::rows::shape::{Rows, class_of, item, item_mut, slice, slice_mut};
use crate::rows::walk::for_lanes;
use crate::simd::vector::{Vector, round_to_f32, trap};
use crate::statistics::run_sums::{self, ROWS_PER_PASS};
use crate::statistics::scatter;

/// Rows whose sums are kept in `f32` before they move to `f64`.
const MAX_RUN_ROWS: u32 = 64;

/// What the sums of a run, added up over its dimensions, may be, and what a row of it may weigh: all the sums that there
/// are then stay within `f32`. Other rows go to the totals at once.
const MAX_RUN_SUM: f32 = 1e36;
const MIN_RUN_WEIGHT: f64 = 1.0 / 1_048_576.0;
const MAX_RUN_WEIGHT: f64 = 1_048_576.0;

/// Rows that enqueue for others of their class stand in so many bytes, which a second-level cache has at once.
const QUEUE_BYTES: usize = 1 << 18;
/// How far prefetch_rows rows are brought there: they are taken by classes, and only who reads on and on is read prefetch_rows for.
const PREFETCH_BYTES: usize = 1 << 15;
/// In bytes.
const CACHE_LINE_BYTES: usize = 64;

/// How much more than those before the rows may weigh before the weights of all are made smaller.
const MAX_GROWTH: f64 = 1024.0;

/// What is known of the rows beside counts and means.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen::prelude::wasm_bindgen, derive(bytemuck::CheckedBitPattern))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Covariance {
    /// Nothing.
    None,
    /// M of each class.
    Diagonal,
    /// M of each class, and T.
    Tied,
}

impl Covariance {
    /// Rows of sums in a run: Σ w·d and, if it is needed, Σ w·d².
    pub(crate) fn sums_per_run(self) -> usize {
        if self == Self::None { 1 } else { 2 }
    }
}

/// A run of one class.
#[cfg_attr(target_arch = "wasm32", derive(bytemuck::Zeroable))]
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct RowRun {
    /// Σ w
    weight: f64,
    /// The number of its rows; 0: what its sums hold does not matter.
    rows: u32,
    /// Where its sums stand.
    slot: u32,
    /// Rows of the call that are to be added together, and their number.
    queue: [u32; ROWS_PER_PASS],
    queue_len: u32,
    /// Fills up the last eight bytes.
    padding: u32,
}

/// What is one for all classes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct SharedState {
    /// What a row of weight 1 weighs now. It grows where the rows before are to weigh less, since those are more.
    growth: f64,
    /// The sums that belong to no class.
    free_slot: u32,
    /// Rows since the tied run began.
    tied_rows: u32,
    /// Differences that are to be added to it, and the weights of their rows.
    queued: u32,
    queued_weights: [f32; scatter::ROWS_PER_PASS],
    /// Of no use, but to those who might take its reading for waste.
    prefetched: f32,
}

/// The rows of a call.
struct Incoming<'a> {
    x: Rows<'a>,
    weights: &'a [f32],
    growth: f64,
}

impl Incoming<'_> {
    #[inline]
    fn weight(&self, row: usize) -> f64 {
        if self.weights.is_empty() { self.growth } else { f64::from(item(self.weights, row)) * self.growth }
    }
}

/// Memory of the statistics, by the lengths of [`Sizes`].
#[derive(Debug)]
pub struct Memory<'a> {
    /// [C, D]
    pub pivots: &'a mut [f32],
    /// [C + 2, D] or [C + 2, 2, D]
    pub sums: &'a mut [f32],
    /// A triangle, or nothing.
    pub tied: &'a mut [f32],
    /// [4, D], or nothing.
    pub differences: &'a mut [f32],
    /// One.
    pub shared: &'a mut [SharedState],
    /// [C]
    pub runs: &'a mut [RowRun],
    /// [D]; what it holds does not matter.
    pub delta: &'a mut [f64],
    /// The number of rows left out, n [C], m [C, D], M [C, D] unless there is no covariance, and the triangle T if it is
    /// tied.
    pub totals: &'a mut [f64],
}

/// Numbers of values in a [`Memory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Length of [`Memory::pivots`].
    pub pivots: usize,
    /// Length of [`Memory::sums`]: the runs of the classes, one that is all 0, and one that belongs to none.
    pub sums: usize,
    /// Length of [`Memory::tied`].
    pub tied: usize,
    /// Length of [`Memory::differences`].
    pub differences: usize,
    /// Length of [`Memory::totals`].
    pub totals: usize,
}

impl Sizes {
    /// Sizes for C classes of D dimensions; `None` where an address does not reach so far.
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

/// The statistics of C classes in D dimensions.
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
    /// M, or nothing.
    squares: &'a mut [f64],
    /// T, or nothing.
    scatter: &'a mut [f64],
}

impl<'a> Statistics<'a> {
    /// A view on memory that [`Statistics::restore`] has made ready.
    ///
    /// # Panics
    /// If a part has another length than it should.
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

    /// Makes all else agree with the totals: after these have been written, or were set to 0 together with everything.
    #[allow(clippy::cast_possible_truncation, reason = "classes fit the 32 bits of a wasm address")]
    pub fn restore(&mut self) {
        *self.shared = SharedState { growth: 1.0, free_slot: 1, ..SharedState::default() };
        self.tied.fill(0.0);
        // The row of zeros.
        slice_mut(self.sums, 0, self.covariance.sums_per_run() * self.totals.dim).fill(0.0);
        for (class, run) in self.runs.iter_mut().enumerate() {
            *run = RowRun { slot: class as u32 + 2, ..RowRun::default() };
        }
        for (pivot, mean) in self.totals.pivots.iter_mut().zip(self.totals.means.iter()) {
            *pivot = round_to_f32(*mean);
        }
    }

    /// Adds rows, each with its weight, or 1 if there are none: finite, and rows that weigh nothing are as if they were
    /// not there, like those without a class. Rows with a value that is not finite are counted, and left out. Before,
    /// all rows of earlier calls get `forgetting` times the weight that they had, 0 < `forgetting` ≤ 1.
    pub fn add<V: Vector>(&mut self, x: Rows, labels: &[i32], weights: &[f32], forgetting: f64) {
        self.forget::<V>(forgetting);
        let incoming = Incoming { x, weights, growth: self.shared.growth };
        let rows_in = |bytes: usize| bytes.checked_div(size_of::<f32>() * x.dim()).unwrap_or(0).max(ROWS_PER_PASS);
        let (queue_rows, prefetch_rows) = (rows_in(QUEUE_BYTES), rows_in(PREFETCH_BYTES));
        for first in (0..labels.len()).step_by(queue_rows) {
            let labels = slice(labels, first, queue_rows.min(labels.len() - first));
            for (row, &label) in (first..).zip(labels) {
                if row.is_multiple_of(prefetch_rows) {
                    self.shared.prefetched = prefetch(x.chunk((row + prefetch_rows).min(x.count()), prefetch_rows));
                }
                let Some(class) = class_of(label, self.runs.len()) else { continue };
                // Compared before it grows: no weight is 0 that was not.
                if weights.is_empty() || item(weights, row) > 0.0 {
                    self.enqueue::<V>(class, row, &incoming);
                }
            }
            for &label in labels {
                if let Some(class) = class_of(label, self.runs.len())
                    && item_mut(self.runs, class).queue_len > 0
                {
                    self.flush_queue::<V>(class, &incoming);
                }
            }
        }
    }

    /// Puts a row among those that are added to the run of their class together.
    #[allow(clippy::cast_possible_truncation, reason = "rows fit the 32 bits of a wasm address")]
    #[inline]
    fn enqueue<V: Vector>(&mut self, class: usize, row: usize, incoming: &Incoming) {
        let run = item_mut(self.runs, class);
        *item_mut(&mut run.queue, run.queue_len as usize) = row as u32;
        run.queue_len += 1;
        // The tied run is one for all classes, and its rows are to come in their order.
        if run.queue_len as usize == ROWS_PER_PASS || self.covariance == Covariance::Tied {
            self.flush_queue::<V>(class, incoming);
        }
    }

    #[inline(never)]
    fn flush_queue<V: Vector>(&mut self, class: usize, incoming: &Incoming) {
        let run = item_mut(self.runs, class);
        let (queue, len) = (run.queue, run.queue_len as usize);
        run.queue_len = 0;
        let rows = queue.map(|row| row as usize);
        if len == ROWS_PER_PASS && self.add_to_run::<V, ROWS_PER_PASS>(class, rows, incoming) {
            return;
        }
        for row in rows.into_iter().take(len) {
            if !self.add_to_run::<V, 1>(class, [row], incoming) {
                self.add_single_row(class, incoming.x.row(row), incoming.weight(row));
            }
        }
    }

    fn forget<V: Vector>(&mut self, forgetting: f64) {
        if forgetting < 1.0 {
            // The rows to come weigh more, instead of all before less: the time does not grow with the classes.
            self.shared.growth /= forgetting;
            if self.shared.growth > MAX_GROWTH {
                self.flush::<V>();
            }
        }
    }

    /// Adds rows of a class to its run, or, if they are not all of a run, tells so and leaves all as it was.
    #[allow(clippy::cast_possible_truncation, reason = "R is at most ROWS_PER_PASS")]
    #[inline]
    fn add_to_run<V: Vector, const R: usize>(&mut self, class: usize, rows: [usize; R], incoming: &Incoming) -> bool {
        let dim = self.totals.dim;
        let per_run = self.covariance.sums_per_run() * dim;
        let run = item_mut(self.runs, class);
        let weights = rows.map(|row| incoming.weight(row));
        if !weights.iter().all(|weight| (MIN_RUN_WEIGHT..=MAX_RUN_WEIGHT).contains(weight)) {
            return false;
        }
        let weights = weights.map(round_to_f32);
        // No more than the class had before; so its first row is alone.
        let max_weight = item(self.totals.weights, class);
        let weight = weights.iter().fold(run.weight, |sum, weight| sum + f64::from(*weight));
        if run.rows as usize + R > MAX_RUN_ROWS as usize || weight > max_weight {
            return false;
        }
        let x = rows.map(|row| incoming.x.row(row));
        let range = |slot: u32| slot as usize * per_run..(slot as usize + 1) * per_run;
        // A run begins at the row of zeros.
        let before = if run.rows == 0 { 0 } else { run.slot };
        let Ok([before, after]) = self.sums.get_disjoint_mut([range(before), range(self.shared.free_slot)]) else {
            trap()
        };
        let pivot = slice(self.totals.pivots, class * dim, dim);
        let size = if self.covariance == Covariance::None {
            run_sums::add::<V, R, false>(x, pivot, weights, before, after)
        } else {
            run_sums::add::<V, R, true>(x, pivot, weights, before, after)
        };
        if size.is_nan() || size.abs() > MAX_RUN_SUM {
            return false;
        }
        core::mem::swap(&mut run.slot, &mut self.shared.free_slot);
        (run.weight, run.rows) = (weight, run.rows + R as u32);
        let is_full = run.rows == MAX_RUN_ROWS || run.weight >= max_weight;
        if self.covariance == Covariance::Tied {
            for (x, weight) in x.into_iter().zip(weights) {
                self.add_difference::<V>(class, x, weight);
            }
        }
        if is_full {
            self.flush_run(class);
        }
        true
    }

    /// Puts the difference of a row from its pivot among those that are added to the tied run together.
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

    /// A row that no run takes: the first of its class, one that is too far or too heavy, or one that is no row at all.
    #[cold]
    #[inline(never)]
    fn add_single_row(&mut self, class: usize, x: &[f32], weight: f64) {
        if x.iter().any(|value| !value.is_finite()) {
            *self.rejected += 1.0;
            return;
        }
        // The pivot moves, so that the run can't go on.
        self.flush_run(class);
        let dim = self.totals.dim;
        // Not by `copy_from_slice`, whose panic writes numbers: that takes two kilobytes in the module.
        slice_mut(self.totals.pivots, class * dim, dim).iter_mut().zip(x).for_each(|(pivot, value)| *pivot = *value);
        let zeros = slice(self.sums, 0, self.covariance.sums_per_run() * dim);
        self.totals.join_run(class, weight, zeros, self.delta);
    }

    /// Takes the run of a class into the totals.
    fn flush_run(&mut self, class: usize) {
        let run = item_mut(self.runs, class);
        if run.rows > 0 {
            let per_run = self.covariance.sums_per_run() * self.totals.dim;
            let sums = slice(self.sums, run.slot as usize * per_run, per_run);
            self.totals.join_run(class, run.weight, sums, self.delta);
            (run.weight, run.rows) = (0.0, 0);
        }
    }

    /// Takes all runs into the totals, and makes the last rows weigh what they weigh: before totals are read.
    #[inline(never)]
    pub fn flush<V: Vector>(&mut self) {
        for class in 0..self.runs.len() {
            self.flush_run(class);
        }
        if self.shared.queued > 0 {
            // Four rows or none: the others are rows of zeros.
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

    /// The statistics of the rows of both: `other` has as many classes and dimensions and the same covariance.
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

    /// The means as centers [C, D]; those of a class without rows are infinite, so that no row is near it.
    pub fn centers(&self, out: &mut [f32]) {
        let Totals { dim, weights, means, .. } = &self.totals;
        for (class, weight) in weights.iter().enumerate() {
            let center = slice_mut(out, class * dim, *dim);
            for (center, mean) in center.iter_mut().zip(slice(means, class * dim, *dim)) {
                *center = if *weight > 0.0 { round_to_f32(*mean) } else { f32::INFINITY };
            }
        }
    }

    /// M/n [C, D], the maximum likelihood estimate; 0 of a class without rows.
    pub fn variances(&self, out: &mut [f64]) {
        let Totals { dim, weights, squares, .. } = &self.totals;
        for (class, weight) in weights.iter().enumerate() {
            let variances = slice_mut(out, class * dim, *dim);
            for (variance, squares) in variances.iter_mut().zip(slice(squares, class * dim, *dim)) {
                *variance = if *weight > 0.0 { *squares / *weight } else { 0.0 };
            }
        }
    }

    /// T/Σn [D, D], the maximum likelihood estimate of the covariance that all classes have; 0 without rows.
    pub fn tied_covariance(&self, out: &mut [f64]) {
        let Totals { dim, weights, scatter, .. } = &self.totals;
        scatter::covariance(scatter, weights.iter().sum(), *dim, out);
    }
}

impl Totals<'_> {
    /// Makes the rows of a class more, and gives the share of the new ones and n_a·n_b/n.
    fn add_weight(&mut self, class: usize, weight: f64) -> (f64, f64) {
        let own = item_mut(self.weights, class);
        let share = weight / (*own + weight);
        let between = *own * share;
        *own += weight;
        (share, between)
    }

    /// Joins the rows of a class with those of a run around its pivot.
    #[inline(never)]
    fn join_run(&mut self, class: usize, weight: f64, sums: &[f32], delta: &mut [f64]) {
        let dim = self.dim;
        let (share, between) = self.add_weight(class, weight);
        let inverse = 1.0 / weight;
        let means = slice_mut(self.means, class * dim, dim);
        let pivots = slice_mut(self.pivots, class * dim, dim);
        let sum = slice(sums, 0, dim);
        if !self.scatter.is_empty() {
            // The rows of the run were added as they lie around the pivot.
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
            // What rounding may leave of no variance is not to be one below 0.
            let own_square = f64::from(*sum_of_squares) - offset;
            *own += if own_square > 0.0 { own_square } else { 0.0 } + between;
        }
    }

    /// Joins the rows of a class with those of another set, of n = `weight`, m = `mean` and M = `squares`.
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

    /// Makes all weights `factor` times what they are, and forgets classes of which nothing is left.
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

/// Reads a value of each cache line, of many at once: one by one among the sums of other rows took twice the time.
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
