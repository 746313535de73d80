//! Loss of rows at their own centers, and updates of the centers.

use bytemuck::CheckedBitPattern;
use wasm_bindgen::prelude::wasm_bindgen;

use super::batch::{Batch, Parts};
use super::centers::{Centers, Gradients};
use super::variant;
use crate::detect::radii;
use crate::loss::batch_pass::{CenterOutput, ClassAccumulators};
use crate::loss::center_loss::{CenterLoss, Radii};
use crate::loss::reduction::{Labels, Loss};
use crate::loss::weights::Weights;
use crate::rows::shape::{slice, slice_mut};
use crate::simd::vector::Lanes;
use crate::update::averages::Rule;
use crate::update::center_gradient::{CenterGradient, Form};
use crate::update::sgd;

/// Rules by which centers move.
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
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
    /// Loss of a matrix of squared distances or, if `with_gradient`, ∂loss/∂distmat, written to `Out`.
    pub fn distance_loss(&mut self, distmat: &mut Batch, with_gradient: bool) -> f64 {
        let Parts { x, labels, out, .. } = distmat.parts();
        let labels = Labels::new(labels, self.n_classes);
        let loss = Loss { radius: self.radius, reduction: self.reduction };
        if with_gradient {
            loss.backward(x, &labels, out);
            return 0.0;
        }
        loss.forward::<Lanes>(x, &labels)
    }

    /// Loss, and gradients. Those of the centers require `prepare`. With the losses of the rows the result is 0.
    pub fn gradients(
        &mut self,
        batch: &mut Batch,
        #[wasm_bindgen(unchecked_param_type = "Gradients")] gradients: u32,
    ) -> f64 {
        self.pass(batch, Output::Gradients(variant(gradients)))
    }

    /// Loss and ∂loss/∂x, and an update of the centers by an averaging rule. Requires `prepare`.
    pub fn step(
        &mut self,
        batch: &mut Batch,
        #[wasm_bindgen(unchecked_param_type = "AveragingRule")] rule: u32,
        rate: f64,
    ) -> f64 {
        self.pass(
            batch,
            Output::Update(match variant(rule) {
                AveragingRule::Wen => Rule::Wen(rate),
                AveragingRule::Mean => Rule::Mean(rate),
                AveragingRule::Ema => Rule::Ema(rate),
            }),
        )
    }

    /// Moves the centers against the ∂loss/∂centers of all classes in the batch: v ← μ·v + gradient, c ← c − η·v.
    pub fn descend(&mut self, batch: &mut Batch, rate: f64, momentum: f64) {
        let gradient = slice(&batch.dense, 0, self.params.len());
        let velocity: &mut [f32] = if momentum > 0.0 { &mut self.velocity } else { &mut [] };
        sgd::sgd::<Lanes>(&mut self.params, gradient, velocity, rate, momentum);
    }

    /// Distances of the rows to their own centers, by class, written to `Parameters`. `Ends` gets the end of each
    /// class. Requires `prepare`.
    pub fn own_distances(&mut self, batch: &mut Batch, #[wasm_bindgen(unchecked_param_type = "Metric")] metric: u32) {
        let Parts { x, labels, parameters, ends, scratch, .. } = batch.parts();
        let labels = Labels::new(labels, self.n_classes);
        let (row_distances, by_class) =
            (slice_mut(&mut scratch.values, 0, x.count()), slice_mut(parameters, 0, x.count()));
        let ends = slice_mut(ends, 0, self.n_classes);
        radii::own_distances::<Lanes>(variant(metric), x, &labels, self.rows(), row_distances, ends, by_class);
    }

    /// Fits `Radii` to the distances in `Parameters`, which ascend within each class; `Ends` has the end of each class.
    /// A class without rows keeps its radius.
    pub fn radius_quantiles(&mut self, batch: &mut Batch, quantile: f64) {
        let Parts { x, parameters, ends, .. } = batch.parts();
        let (by_class, ends) = (slice(parameters, 0, x.count()), slice(ends, 0, self.n_classes));
        radii::quantiles(by_class, ends, quantile, &mut self.radii);
    }
}

/// Output of a pass over a batch.
#[derive(Clone, Copy)]
enum Output {
    Gradients(Gradients),
    Update(Rule),
}

impl Centers {
    #[inline(never)]
    fn pass(&mut self, batch: &mut Batch, output: Output) -> f64 {
        let Self {
            params,
            n_classes,
            n_dim,
            metric,
            penalty,
            reduction,
            radius,
            slots,
            radii,
            class_weight,
            counts,
            ..
        } = self;
        let Parts { x, labels, sample_weight, out, dense, sparse, classes, scratch, .. } = batch.parts();
        let loss = CenterLoss {
            metric: *metric,
            penalty: *penalty,
            reduction: *reduction,
            radii: if radius.is_nan() { Radii::PerClass(radii) } else { Radii::One(*radius) },
            weights: Weights { class: class_weight, sample: sample_weight },
        };
        let known = Labels::new(labels, *n_classes);
        if matches!(output, Output::Gradients(Gradients::Losses)) {
            loss.row_losses::<Lanes>(x, labels, params, slice_mut(out, 0, x.count()));
            return 0.0;
        }
        let out = if matches!(output, Output::Gradients(Gradients::None)) { &mut [] } else { out };
        let output = match output {
            Output::Gradients(Gradients::None | Gradients::Losses | Gradients::Rows) => CenterOutput::None(params),
            Output::Gradients(gradients) => {
                let (batch_classes, sums, _) = scratch.sums(labels, *n_dim, slots);
                let (form, rows) = match gradients {
                    Gradients::Sparse => (Form::Sparse, sparse),
                    _ => (Form::Dense, slice_mut(dense, 0, params.len())),
                };
                let counts = matches!(gradients, Gradients::Descent).then_some(&mut **counts);
                let gradient = CenterGradient::new(form, rows, classes, *n_dim, &batch_classes);
                CenterOutput::Gradient {
                    centers: params,
                    classes: ClassAccumulators { batch_classes, sums, counts },
                    gradient,
                }
            }
            Output::Update(rule) => {
                let (batch_classes, sums, sum) = scratch.sums(labels, *n_dim, slots);
                let classes = ClassAccumulators { batch_classes, sums, counts: Some(counts) };
                CenterOutput::Update { centers: params, classes, rule, sum }
            }
        };
        loss.pass::<Lanes>(x, &known, output, out)
    }
}
