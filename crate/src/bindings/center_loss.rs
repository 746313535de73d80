//! Loss of rows at their own centers, and updates of the centers.

use wasm_bindgen::prelude::wasm_bindgen;

use super::batch::{Batch, Parts};
use super::centers::{Centers, Gradients};
use crate::center_gradient::{CenterGradient, Form};
use crate::loss::{Labels, Loss};
use crate::open_set::penalty::Penalty;
use crate::open_set::metric::Metric;
use crate::open_set::rules::Rule;
use crate::open_set::single::{self, ClassSums, Purpose, Single};
use crate::open_set::weights::Weights;
use crate::open_set::{radius, sgd};
use crate::shape::{part, part_mut};
use crate::update;
use crate::vector::Lanes;

/// Averaging rules by which centers move.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum AveragingRule {
    /// c ← c − α·Σ(c − x)/(1 + n)
    Wen,
    /// c ← c − α·Σ(c − x)/n
    Mean,
    /// c ← m·c + (1 − m)·Σx/n
    Ema,
}

#[wasm_bindgen]
impl Centers {
    /// Loss of a matrix of squared distances and, if `with_gradient`, ∂loss/∂distmat, written to `Out`.
    pub fn distance_loss(&self, distmat: &mut Batch, with_gradient: bool) -> f64 {
        let Parts { x, labels, out, .. } = distmat.parts();
        let labels = Labels::new(labels, self.n_classes);
        if with_gradient {
            self.plain().backward(x, &labels, out);
            return 0.0;
        }
        self.plain().forward::<Lanes>(x, &labels)
    }

    /// Loss, and gradients; `prepare` comes first for those of the centers.
    pub fn gradients(&mut self, batch: &mut Batch, gradients: Gradients) -> f64 {
        let Parts { x, labels, sample_weight, out, dense, sparse, classes, workspace, .. } = batch.parts();
        let is_plain = self.is_plain(sample_weight);
        let plain = self.plain();
        let single =
            single_of((self.metric, self.penalty, self.reduction), &self.radii, &self.class_weight, sample_weight);
        let out = if gradients == Gradients::None { &mut [] } else { out };
        if matches!(gradients, Gradients::None | Gradients::Rows) {
            if is_plain {
                let labels = Labels::new(labels, self.n_classes);
                return plain.gradient::<Lanes>(x, &labels, &mut self.params, out);
            }
            return single.sweep::<Lanes>(x, labels, &mut self.params, out, None);
        }
        let (mut groups, mut sums, _) = workspace.sums(labels, self.n_dim, &mut self.slots);
        let (form, rows) = if gradients == Gradients::Dense {
            (Form::Dense, part_mut(dense, 0, self.params.len()))
        } else {
            (Form::Touched, sparse)
        };
        let mut gradient = CenterGradient::new(form, rows, classes, self.n_dim, &groups);
        if is_plain {
            let counted = Labels::new(labels, self.n_classes);
            let params = &mut self.params;
            return plain.gradients::<Lanes>(x, &counted, params, &mut groups, out, &mut sums, &mut gradient);
        }
        let purpose = Purpose::Gradient(&mut gradient);
        let sums = ClassSums { groups: &mut groups, sums: &mut sums, purpose };
        single.sweep::<Lanes>(x, labels, &mut self.params, out, Some(sums))
    }

    /// Loss and ∂loss/∂x; then the centers move by an averaging rule. `prepare` comes first.
    pub fn step(&mut self, batch: &mut Batch, rule: AveragingRule, rate: f64) -> f64 {
        let rule = match rule {
            AveragingRule::Wen => Rule::Wen(rate),
            AveragingRule::Mean => Rule::Mean(rate),
            AveragingRule::Ema => Rule::Ema(rate),
        };
        let is_plain = self.is_plain(if batch.weighted { &[1.0] } else { &[] });
        let mut loss = 0.0;
        if is_plain {
            if let Rule::Wen(alpha) = rule {
                self.count(batch);
                let plain = self.plain();
                let Parts { x, labels, out, workspace, .. } = batch.parts();
                let (mut groups, mut sums, sum) = workspace.sums(labels, self.n_dim, &mut self.slots);
                let labels = Labels::new(labels, self.n_classes);
                let params = &mut self.params;
                return update::wen_step::<Lanes>(plain, alpha, x, &labels, params, &mut groups, out, &mut sums, sum);
            }
            loss = self.gradients(batch, Gradients::Rows);
        }
        let Parts { x, labels, sample_weight, out, workspace, .. } = batch.parts();
        let (mut groups, mut sums, sum) = workspace.sums(labels, self.n_dim, &mut self.slots);
        let single = single_of(
            (self.metric, self.penalty, self.reduction),
            &self.radii,
            &self.class_weight,
            sample_weight,
        );
        let purpose = Purpose::Update { rule, sum, counts: &mut self.counts };
        let sums = ClassSums { groups: &mut groups, sums: &mut sums, purpose };
        let out = if is_plain { &mut [] } else { out };
        let general = single.sweep::<Lanes>(x, labels, &mut self.params, out, Some(sums));
        if is_plain { loss } else { general }
    }

    /// Moves the centers against ∂loss/∂centers of all classes in the batch: v ← μ·v + gradient, c ← c − η·v.
    pub fn descend(&mut self, batch: &mut Batch, rate: f64, momentum: f64) {
        self.count(batch);
        let gradient = part(batch.parts().dense, 0, self.params.len());
        let velocity: &mut [f32] = if momentum > 0.0 { &mut self.velocity } else { &mut [] };
        sgd::sgd::<Lanes>(&mut self.params, gradient, velocity, rate, momentum);
    }

    /// Distances of the rows to their own centers, by class, written to `Parameters`; `Ends` says where each class
    /// ends. `prepare` comes first.
    pub fn own_distances(&mut self, batch: &mut Batch, metric: Metric) {
        let Parts { x, labels, parameters, ends, workspace, .. } = batch.parts();
        let labels = Labels::new(labels, self.n_classes);
        let (of_row, by_class) = (part_mut(&mut workspace.values, 0, x.count()), part_mut(parameters, 0, x.count()));
        let ends = part_mut(ends, 0, self.n_classes);
        radius::own_distances::<Lanes>(metric, x, &labels, self.rows(), of_row, ends, by_class);
    }

    /// Radii of the classes from `len` distances in `Parameters` that ascend within each class; `Ends` says where
    /// each class ends. Written to `Out`, which holds the radii of classes without rows.
    pub fn radius_quantiles(&mut self, batch: &mut Batch, quantile: f64) {
        let Parts { x, parameters, ends, .. } = batch.parts();
        let (by_class, ends) = (part(parameters, 0, x.count()), part(ends, 0, self.n_classes));
        radius::quantiles(by_class, ends, quantile, &mut self.radii);
    }
}

#[inline(never)]
fn single_of<'a>(
    (metric, penalty, reduction): (Metric, Penalty, crate::loss::Reduction),
    radii: &'a [f32],
    class: &'a [f32],
    sample: &'a [f32],
) -> Single<'a> {
    Single { metric, penalty, reduction, radii, weights: Weights { class, sample } }
}

impl Centers {
    fn plain(&self) -> Loss {
        Loss { radius: self.radius, reduction: self.reduction }
    }

    fn is_plain(&self, sample_weight: &[f32]) -> bool {
        self.metric == Metric::SqEuclidean
            && self.penalty == Penalty::Hinge
            && !self.radius.is_nan()
            && self.class_weight.is_empty()
            && sample_weight.is_empty()
    }

    /// Counts the rows that move the centers.
    fn count(&mut self, batch: &mut Batch) {
        let Parts { x, labels, .. } = batch.parts();
        let labels = Labels::new(labels, self.n_classes);
        let rows = crate::shape::Rows::new(&self.params, self.n_dim);
        single::count_rows::<Lanes>(self.metric, x, &labels, rows, &mut self.counts);
    }
}
