//! The loss of rows at their own centers, in any metric, and what it asks of rows and centers:
//!
//! loss = s·Σ_i w_i·ℓ(d(x_i, c_{y_i}), r_{y_i}) over the known rows, w by [`Weights`], ℓ by [`Penalty`], s by
//! [`Reduction`] with Σ w_i for B. Unlike [`crate::loss::Loss`] it has no floors nor ceilings.
//!
//! A row that is not finite makes the loss so, and does nothing else; nor does one whose gradient is longer than 10³⁰,
//! sums of which would overflow.

use crate::center_gradient::CenterGradient;
use crate::groups::Groups;
use crate::loss::{Labels, Reduction};
use crate::open_set::metric::{Metric, Pair, combine};
use crate::open_set::penalty::Penalty;
use crate::open_set::rules::Rule;
use crate::open_set::weights::Weights;
use crate::row_sum::RowSums;
use crate::rows::for_lanes;
use crate::shape::{Rows, at, at_mut, part, part_mut};
use crate::vector::Vector;

/// A longer gradient pulls nothing.
pub(crate) const LONGEST: f64 = 1e30;

/// The loss as a function of the distances to the own centers.
#[derive(Clone, Copy, Debug)]
pub struct Single<'a> {
    /// The metric of the distances, and of the radii.
    pub metric: Metric,
    /// What an excess over the radius costs.
    pub penalty: Penalty,
    /// How the sum becomes the loss.
    pub reduction: Reduction,
    /// r_j [C]
    pub radii: &'a [f32],
    /// w
    pub weights: Weights<'a>,
}

/// What becomes of the sum of a class, once all its rows have been seen.
#[derive(Debug)]
pub enum Purpose<'a, 'gradient> {
    /// ∂loss/∂c, over the rows that have a gradient.
    Gradient(&'a mut CenterGradient<'gradient>),
    /// The rule, over the rows that are not too far (see [`Rule`]).
    Update {
        /// How the centers move.
        rule: Rule,
        /// Room for the sum of a class, one place a dimension.
        sum: &'a mut [f32],
        /// [C], the number of rows that have moved each center: what this batch adds.
        counts: &'a mut [u32],
    },
}

/// The sums of the classes of a batch, and what they are for.
#[derive(Debug)]
pub struct ClassSums<'a, 'groups, 'sums, 'gradient> {
    /// The classes of the batch.
    pub groups: &'a mut Groups<'groups>,
    /// Room for their sums.
    pub sums: &'a mut RowSums<'sums>,
    /// What the sums are for.
    pub purpose: Purpose<'a, 'gradient>,
}

impl Single<'_> {
    /// Writes ∂loss/∂x, unless there is no room for it, does with the centers what `sums` says, and returns the loss at
    /// the centers as they were. Without an update nothing is written to the centers.
    ///
    /// Not inlined: one copy serves all.
    #[inline(never)]
    pub fn sweep<V: Vector>(
        &self,
        x: Rows,
        labels: &[i32],
        centers: &mut [f32],
        grad_x: &mut [f32],
        mut sums: Option<ClassSums>,
    ) -> f64 {
        let n_classes = self.radii.len();
        let counted = Labels::new(labels, n_classes);
        let scale = self.weights.scale(self.reduction, labels, n_classes);
        let dim = if grad_x.is_empty() { 0 } else { x.dim() };
        let mut total = 0.0;
        for row in 0..x.count() {
            let grad = part_mut(grad_x, row * dim, dim);
            let x = x.row(row);
            let class = counted.class(row);
            let weight = self.weights.of(row, class);
            let Some(class) = class else {
                grad.fill(0.0);
                total += counted.without_class(row, x);
                continue;
            };
            let center = part_mut(centers, class * x.len(), x.len());
            let pair = self.metric.pair::<V>(x, center);
            let (cost, slope) = self.penalty.of(pair.distance, f64::from(at(self.radii, class)));
            if weight > 0.0 {
                // Else an infinite cost would become NaN.
                total += weight * cost;
            }
            let pull = scale * weight * slope;
            // So asked, NaN pulls nothing.
            let pulls = pull > 0.0 && pull * pair.length <= LONGEST;
            if !pulls {
                grad.fill(0.0);
            } else if !grad.is_empty() {
                combine::<V>(&[], x, center, pair.of_x.map(|factor| pull * factor), grad);
            }
            if let Some(sums) = &mut sums {
                sums.add::<V>(&pair, pulls.then_some(pull), x, class, center);
            }
        }
        total * scale
    }
}

impl ClassSums<'_, '_, '_, '_> {
    /// Adds what the row has for the sum of its class; with the last row of a class the sum is put to its purpose.
    #[inline(never)]
    fn add<V: Vector>(&mut self, pair: &Pair, pull: Option<f64>, x: &[f32], class: usize, center: &mut [f32]) {
        let Self { groups, sums, purpose } = self;
        let place = groups.place(class);
        let group = groups.at(place);
        let is_last = group.take_row();
        let (sum, factors) = match purpose {
            Purpose::Gradient(gradient) => {
                (gradient.row(class, place), pull.map(|pull| pair.of_center.map(|factor| -pull * factor)))
            }
            Purpose::Update { sum, .. } => (&mut **sum, pair.of_average),
        };
        if let Some(factors) = factors {
            let (before, next) = sums.next(group.sum);
            let after = if is_last { &mut *sum } else { next };
            combine::<V>(before, x, center, factors, after);
        }
        if !is_last {
            if factors.is_some() {
                sums.accept(&mut group.sum);
            }
            return;
        }
        let rows = sums.finish(group.sum, factors.is_some(), sum);
        if let Purpose::Update { rule, sum, counts } = purpose
            && rows > 0
        {
            let count = at_mut(counts, class);
            *count = count.saturating_add(rows);
            #[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
            let rate = V::splat(rule.rate(rows) as f32);
            // No row to come looks at this center.
            for_lanes::<V, 1, 1>([part(sum, 0, center.len())], [center], |[sum], [center]| [rate.mul_add(sum, center)]);
        }
    }
}

/// counts ← counts + the rows that an average follows: what a step of [`crate::update::wen_step`] with these centers
/// moves them by.
pub fn count_rows<V: Vector>(metric: Metric, x: Rows, labels: &Labels, centers: Rows, counts: &mut [u32]) {
    for row in 0..x.count() {
        let Some(class) = labels.class(row) else { continue };
        if metric.pair::<V>(x.row(row), centers.row(class)).of_average.is_some() {
            let count = at_mut(counts, class);
            *count = count.saturating_add(1);
        }
    }
}
