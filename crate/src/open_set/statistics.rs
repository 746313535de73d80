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
//! most 64 rows, and of no more than the class had before, joins the totals in `f64` by the formula above.

use super::scatter::{self, TOGETHER};
use crate::rows::{for_lanes, residual};
use crate::shape::{Rows, at, at_mut, class_of, part, part_mut};
use crate::vector::{Vector, trap};

/// Rows whose sums are kept in `f32` before they move to `f64`.
const RUN: u32 = 64;

/// The farthest from its pivot, squared, that a row of a run may be, and what it may weigh: a run of such rows stays
/// within `f32`. Other rows go to the totals at once.
const FARTHEST: f64 = 1e30;
const LIGHTEST: f64 = 1.0 / 1_048_576.0;
const HEAVIEST: f64 = 1_048_576.0;

/// How much more than those before the rows may weigh before the weights of all are made smaller.
const MOST_GROWTH: f64 = 1024.0;

/// What is known of the rows beside counts and means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    pub(crate) fn sums_of_a_run(self) -> usize {
        if self == Self::None { 1 } else { 2 }
    }
}

/// A run of one class.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Run {
    /// Σ w
    weight: f64,
    /// The number of its rows; 0: what its sums hold does not matter.
    rows: u32,
    /// Where its sums stand.
    slot: u32,
}

/// What is one for all classes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Head {
    /// What a row of weight 1 weighs now. It grows where the rows before are to weigh less, since those are more.
    growth: f64,
    /// The sums that belong to no class.
    spare: u32,
    /// Rows since the tied run began.
    tied_rows: u32,
    /// Rows that wait to be added to it, and their weights.
    waiting: u32,
    weights: [f32; TOGETHER],
}

/// The memory of the statistics: see [`super::statistics_layout::Layout`].
#[derive(Debug)]
pub struct Memory<'a> {
    /// [C, D]
    pub pivots: &'a mut [f32],
    /// [C + 2, D] or [C + 2, 2, D]
    pub sums: &'a mut [f32],
    /// A triangle, or nothing.
    pub tied: &'a mut [f32],
    /// [4, D], or nothing.
    pub waiting: &'a mut [f32],
    /// One.
    pub head: &'a mut [Head],
    /// [C]
    pub runs: &'a mut [Run],
    /// [3, D]; what it holds does not matter.
    pub work: &'a mut [f64],
    /// The number of rows left out, n [C], the number of rows [C], m [C, D], M [C, D] unless there is no covariance, and
    /// the triangle T if it is tied.
    pub totals: &'a mut [f64],
}

/// The statistics of C classes in D dimensions.
#[derive(Debug)]
pub struct Statistics<'a> {
    covariance: Covariance,
    sums: &'a mut [f32],
    tied: &'a mut [f32],
    waiting: &'a mut [f32],
    head: &'a mut Head,
    runs: &'a mut [Run],
    work: &'a mut [f64],
    rejected: &'a mut f64,
    totals: Totals<'a>,
}

#[derive(Debug)]
struct Totals<'a> {
    dim: usize,
    pivots: &'a mut [f32],
    weights: &'a mut [f64],
    rows: &'a mut [f64],
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
        let (rejected, weights, rows) = (next(1), next(n_classes), next(n_classes));
        let (means, squares, scatter) = (next(matrix), next(squares), next(triangle));
        Self {
            covariance,
            sums: memory.sums,
            tied: memory.tied,
            waiting: memory.waiting,
            head: at_first(memory.head),
            runs: memory.runs,
            work: memory.work,
            rejected: at_first(rejected),
            totals: Totals { dim, pivots: memory.pivots, weights, rows, means, squares, scatter },
        }
    }

    /// Makes all else agree with the totals: after these have been written, or were set to 0 together with everything.
    #[allow(clippy::cast_possible_truncation, reason = "classes fit 32 bits; a pivot need only be near the mean")]
    pub fn restore(&mut self) {
        *self.head = Head { growth: 1.0, spare: 1, ..Head::default() };
        self.tied.fill(0.0);
        // The row of zeros.
        part_mut(self.sums, 0, self.covariance.sums_of_a_run() * self.totals.dim).fill(0.0);
        for (class, run) in self.runs.iter_mut().enumerate() {
            *run = Run { slot: class as u32 + 2, ..Run::default() };
        }
        for (pivot, mean) in self.totals.pivots.iter_mut().zip(self.totals.means.iter()) {
            *pivot = *mean as f32;
        }
    }

    /// Adds rows, each with its weight, or 1 if there are none: finite, and rows that weigh nothing are as if they were
    /// not there, like those without a class. Rows with a value that is not finite are counted, and left out. Before,
    /// all rows of earlier calls get `forgetting` times the weight that they had, 0 < `forgetting` ≤ 1.
    pub fn add<V: Vector>(&mut self, x: Rows, labels: &[i32], weights: &[f32], forgetting: f64) {
        self.forget::<V>(forgetting);
        let growth = self.head.growth;
        for (row, &label) in labels.iter().enumerate() {
            let Some(class) = class_of(label, self.runs.len()) else { continue };
            let weight = if weights.is_empty() { 1.0 } else { at(weights, row) };
            if weight > 0.0 {
                self.add_row::<V>(class, x.row(row), f64::from(weight) * growth);
            }
        }
    }

    fn forget<V: Vector>(&mut self, forgetting: f64) {
        if forgetting < 1.0 {
            // The rows to come weigh more, instead of all before less: the time does not grow with the classes.
            self.head.growth /= forgetting;
            if self.head.growth > MOST_GROWTH {
                self.settle::<V>();
            }
        }
    }

    #[inline]
    fn add_row<V: Vector>(&mut self, class: usize, x: &[f32], weight: f64) {
        let dim = self.totals.dim;
        let per_run = self.covariance.sums_of_a_run() * dim;
        let run = at_mut(self.runs, class);
        let seen = at(self.totals.rows, class);
        let light_enough = (LIGHTEST..=HEAVIEST).contains(&weight);
        if !light_enough || seen == 0.0 {
            return self.add_alone(class, x, weight);
        }
        #[allow(clippy::cast_possible_truncation, reason = "the weight as the sums and the count take it")]
        let rounded = weight as f32;
        let slot = |place: u32| place as usize * per_run..(place as usize + 1) * per_run;
        // A run begins at the row of zeros.
        let before = if run.rows == 0 { 0 } else { run.slot };
        let Ok([before, after]) = self.sums.get_disjoint_mut([slot(before), slot(self.head.spare)]) else { trap() };
        let pivot = part(self.totals.pivots, class * dim, dim);
        let distance = if per_run == dim {
            add_to_sum::<V>(x, pivot, rounded, before, after)
        } else {
            add_to_sums::<V>(x, pivot, rounded, before, after)
        };
        // The run is as it was.
        if distance.is_nan() || distance > FARTHEST {
            return self.add_alone(class, x, weight);
        }
        core::mem::swap(&mut run.slot, &mut self.head.spare);
        run.weight += f64::from(rounded);
        run.rows += 1;
        let is_full = run.rows >= RUN || f64::from(run.rows) >= seen;
        if self.covariance == Covariance::Tied {
            self.wait::<V>(class, x, rounded);
        }
        if is_full {
            self.finish_run(class);
        }
    }

    /// Puts a row among those that are added to the tied run together.
    #[inline(never)]
    fn wait<V: Vector>(&mut self, class: usize, x: &[f32], weight: f32) {
        let dim = x.len();
        let waiting = self.head.waiting as usize;
        let pivot = part(self.totals.pivots, class * dim, dim);
        let row = part_mut(self.waiting, waiting * dim, dim);
        for_lanes::<V, 2, 1>([x, pivot], [row], |[x, pivot], _| [x.sub(pivot)]);
        *at_mut(&mut self.head.weights, waiting) = weight;
        self.head.waiting += 1;
        self.head.tied_rows += 1;
        if waiting + 1 == TOGETHER {
            self.add_waiting::<V>();
        }
        if self.head.tied_rows == RUN {
            scatter::drain(self.tied, self.totals.scatter);
            self.head.tied_rows = 0;
        }
    }

    fn add_waiting<V: Vector>(&mut self) {
        let dim = self.totals.dim;
        let rows = core::array::from_fn(|r| part(self.waiting, r * dim, dim));
        scatter::add_rows::<V>(self.tied, self.head.weights, rows);
        self.head.waiting = 0;
    }

    /// A row that no run takes: the first of its class, one that is too far or too heavy, or one that is no row at all.
    #[cold]
    #[inline(never)]
    fn add_alone(&mut self, class: usize, x: &[f32], weight: f64) {
        if x.iter().any(|value| !value.is_finite()) {
            *self.rejected += 1.0;
            return;
        }
        // The pivot moves, so that the run can't go on.
        self.finish_run(class);
        let Work { mean, squares, delta } = Work::new(self.work, self.totals.dim);
        for (mean, x) in mean.iter_mut().zip(x) {
            *mean = f64::from(*x);
        }
        squares.fill(0.0);
        self.totals.join(class, weight, 1.0, mean, squares, delta);
    }

    /// Takes the run of a class into the totals.
    #[inline(never)]
    fn finish_run(&mut self, class: usize) {
        let Totals { dim, .. } = self.totals;
        let run = at_mut(self.runs, class);
        if run.rows == 0 {
            return;
        }
        let per_run = self.covariance.sums_of_a_run() * dim;
        let sums = part(self.sums, run.slot as usize * per_run, per_run);
        // Without a covariance the second is the first, and what comes of it goes nowhere.
        let (sum, sum_of_squares) = (part(sums, 0, dim), part(sums, per_run - dim, dim));
        let pivot = part(self.totals.pivots, class * dim, dim);
        let Work { mean, squares, delta } = Work::new(self.work, dim);
        for (k, ((sum, sum_of_squares), pivot)) in sum.iter().zip(sum_of_squares).zip(pivot).enumerate() {
            let offset = f64::from(*sum) / run.weight;
            *at_mut(mean, k) = f64::from(*pivot) + offset;
            *at_mut(squares, k) = (f64::from(*sum_of_squares) - f64::from(*sum) * offset).max(0.0);
            *at_mut(delta, k) = offset;
        }
        if self.covariance == Covariance::Tied {
            // The rows of the run were added as they lie around the pivot.
            scatter::add_outer(self.totals.scatter, -run.weight, delta);
        }
        self.totals.join(class, run.weight, run.rows.into(), mean, squares, delta);
        (run.weight, run.rows) = (0.0, 0);
    }

    /// Takes all runs into the totals, and makes the last rows weigh what they weigh: before totals are read.
    #[inline(never)]
    pub fn settle<V: Vector>(&mut self) {
        for class in 0..self.runs.len() {
            self.finish_run(class);
        }
        if self.head.waiting > 0 {
            // Four rows or none: the others are rows of zeros.
            let waiting = self.head.waiting as usize;
            part_mut(self.waiting, waiting * self.totals.dim, (TOGETHER - waiting) * self.totals.dim).fill(0.0);
            self.add_waiting::<V>();
        }
        scatter::drain(self.tied, self.totals.scatter);
        self.head.tied_rows = 0;
        if self.head.growth > 1.0 {
            self.totals.scale(1.0 / self.head.growth);
            self.head.growth = 1.0;
        }
    }

    /// The statistics of the rows of both: `other` has as many classes and dimensions and the same covariance.
    pub fn merge<V: Vector>(&mut self, other: &mut Statistics) {
        self.settle::<V>();
        other.settle::<V>();
        let (dim, from) = (self.totals.dim, &other.totals);
        let Work { delta, .. } = Work::new(self.work, dim);
        for class in 0..self.runs.len() {
            let weight = at(from.weights, class);
            if weight > 0.0 {
                let squares = if from.squares.is_empty() { &[] } else { part(from.squares, class * dim, dim) };
                let mean = part(from.means, class * dim, dim);
                self.totals.join(class, weight, at(from.rows, class), mean, squares, delta);
            }
        }
        for (sum, more) in self.totals.scatter.iter_mut().zip(from.scatter.iter()) {
            *sum += more;
        }
        *self.rejected += *other.rejected;
    }

    /// The means as centers [C, D]; those of a class without rows are infinite, so that no row is near it.
    #[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
    pub fn centers(&self, out: &mut [f32]) {
        let Totals { dim, weights, means, .. } = &self.totals;
        for (class, weight) in weights.iter().enumerate() {
            let center = part_mut(out, class * dim, *dim);
            for (center, mean) in center.iter_mut().zip(part(means, class * dim, *dim)) {
                *center = if *weight > 0.0 { *mean as f32 } else { f32::INFINITY };
            }
        }
    }

    /// M/n [C, D], the maximum likelihood estimate; 0 of a class without rows.
    pub fn variances(&self, out: &mut [f64]) {
        let Totals { dim, weights, squares, .. } = &self.totals;
        for (class, weight) in weights.iter().enumerate() {
            let variances = part_mut(out, class * dim, *dim);
            for (variance, squares) in variances.iter_mut().zip(part(squares, class * dim, *dim)) {
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
    /// Makes the rows of a class more by those of another set, of n = `weight`, m = `mean` and M = `squares`.
    #[allow(clippy::cast_possible_truncation, reason = "a pivot need only be near the mean")]
    #[inline(never)]
    fn join(&mut self, class: usize, weight: f64, rows: f64, mean: &[f64], squares: &[f64], delta: &mut [f64]) {
        let dim = self.dim;
        let own = at_mut(self.weights, class);
        let total = *own + weight;
        let (share, between) = (weight / total, *own * (weight / total));
        *own = total;
        *at_mut(self.rows, class) += rows;
        let means = part_mut(self.means, class * dim, dim);
        let pivots = part_mut(self.pivots, class * dim, dim);
        for (k, ((own, pivot), mean)) in means.iter_mut().zip(pivots).zip(mean).enumerate() {
            let difference = mean - *own;
            *at_mut(delta, k) = difference;
            *own += share * difference;
            *pivot = *own as f32;
        }
        if !self.squares.is_empty() {
            let own = part_mut(self.squares, class * dim, dim);
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
            let weight = at_mut(self.weights, class);
            *weight *= factor;
            if *weight < f64::MIN_POSITIVE {
                (*weight, *at_mut(self.rows, class)) = (0.0, 0.0);
                part_mut(self.means, class * self.dim, self.dim).fill(0.0);
                part_mut(self.pivots, class * self.dim, self.dim).fill(0.0);
                if !self.squares.is_empty() {
                    part_mut(self.squares, class * self.dim, self.dim).fill(0.0);
                }
            }
        }
        for sum in self.squares.iter_mut().chain(self.scatter.iter_mut()) {
            *sum *= factor;
        }
    }
}

/// Room for a mean, for M and for differences of means.
struct Work<'a> {
    mean: &'a mut [f64],
    squares: &'a mut [f64],
    delta: &'a mut [f64],
}

impl<'a> Work<'a> {
    fn new(values: &'a mut [f64], dim: usize) -> Self {
        let cut = |values: &'a mut [f64]| values.split_at_mut_checked(dim);
        match cut(values).and_then(|(mean, rest)| Some((mean, cut(rest)?))) {
            Some((mean, (squares, delta))) => Self { mean, squares, delta },
            None => trap(),
        }
    }
}

fn at_first<T>(values: &mut [T]) -> &mut T {
    match values.first_mut() {
        Some(value) => value,
        None => trap(),
    }
}

/// after ← before + w·(x − p), and ‖x − p‖².
///
/// Not inlined, like the one below: it needs all registers.
#[inline(never)]
fn add_to_sum<V: Vector>(x: &[f32], pivot: &[f32], weight: f32, before: &[f32], after: &mut [f32]) -> f64 {
    let weight = V::splat(weight);
    residual(x, pivot, [before], [after], |d: V, [sum]| [weight.mul_add(d, sum)])
}

/// after ← before + w·d and, behind it, before + w·d² of d = x − p, and ‖d‖².
#[inline(never)]
fn add_to_sums<V: Vector>(x: &[f32], pivot: &[f32], weight: f32, before: &[f32], after: &mut [f32]) -> f64 {
    let (dim, weight) = (x.len(), V::splat(weight));
    let Some((sum_after, squares_after)) = after.split_at_mut_checked(dim) else { trap() };
    let before = [part(before, 0, dim), part(before, dim, dim)];
    residual(x, pivot, before, [sum_after, squares_after], |d: V, [sum, squares]| {
        let weighted = weight.mul(d);
        [sum.add(weighted), weighted.mul_add(d, squares)]
    })
}
