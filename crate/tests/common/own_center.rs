//! Batches for the loss of the own centers, and its kernels as functions to results that a test owns.
#![allow(dead_code, reason = "every test binary compiles this file and uses its part")]

use center_loss::distance::metric::Metric;
use center_loss::loss::batch_pass::{CenterOutput, ClassAccumulators};
use center_loss::loss::center_loss::{CenterLoss, Radii};
use center_loss::loss::penalty::Penalty;
use center_loss::loss::reduction::{Labels, Reduction};
use center_loss::loss::weights::{Weights, mask_weightless_labels};
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use center_loss::update::averages::Rule;
use center_loss::update::center_gradient::{CenterGradient, Form};

use crate::common::{Batch, COUNTED, Gradients, Step, newly_counted, with_workspace};
use crate::own_center::Case;

pub(crate) const METRICS: [Metric; 3] = [Metric::SqEuclidean, Metric::Euclidean, Metric::Cosine];
pub(crate) const PENALTIES: [Penalty; 2] = [Penalty::Hinge, Penalty::HalfSquared];

/// A batch with what its loss depends on.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) batch: Batch,
    pub(crate) metric: Metric,
    pub(crate) penalty: Penalty,
    pub(crate) reduction: Reduction,
    pub(crate) radii: Vec<f32>,
    /// Empty: none.
    pub(crate) class_weight: Vec<f32>,
    /// Empty: none.
    pub(crate) sample_weight: Vec<f32>,
}

impl Own {
    /// Without weights, the radius 0.
    pub(crate) fn plain(batch: Batch, metric: Metric, penalty: Penalty, reduction: Reduction) -> Self {
        let radii = vec![0.0; batch.n_classes()];
        Self { batch, metric, penalty, reduction, radii, class_weight: vec![], sample_weight: vec![] }
    }

    /// With weights that are different for each class and row; every fifth row has none.
    pub(crate) fn weighted(self) -> Self {
        Self {
            class_weight: (0..self.batch.n_classes()).map(|j| [0.5, 1.5, 2.5][j % 3]).collect(),
            sample_weight: (0..self.batch.rows()).map(|i| [0.0, 2.25, 0.75, 3.0, 1.5][i % 5]).collect(),
            ..self
        }
    }

    pub(crate) fn reference(&self) -> Case {
        let or_ones = |values: &[f32], n: usize| {
            if values.is_empty() { vec![1.0; n] } else { values.iter().map(|&value| value.into()).collect() }
        };
        Case {
            metric: self.metric,
            penalty: self.penalty,
            reduction: self.reduction,
            radii: self.radii.iter().map(|&radius| radius.into()).collect(),
            class_weight: or_ones(&self.class_weight, self.batch.n_classes()),
            sample_weight: or_ones(&self.sample_weight, self.batch.rows()),
            labels: self.batch.labels.clone(),
        }
    }

    /// The labels as the kernels get them: a row without a weight is unknown.
    fn labels(&self) -> Vec<i32> {
        let mut labels = self.batch.labels.clone();
        if !self.sample_weight.is_empty() {
            mask_weightless_labels(&self.batch.labels, &self.sample_weight, &mut labels);
        }
        labels
    }

    fn loss(&self) -> CenterLoss<'_> {
        let weights = Weights { class: &self.class_weight, sample: &self.sample_weight };
        let Self { metric, penalty, reduction, radii, .. } = self;
        CenterLoss { metric: *metric, penalty: *penalty, reduction: *reduction, radii: Radii::PerClass(radii), weights }
    }

    /// The loss with one radius.
    pub(crate) fn with_one_radius(&self, radius: f64) -> CenterLoss<'_> {
        CenterLoss { radii: Radii::One(radius), ..self.loss() }
    }

    fn pass(&self, loss: &CenterLoss, labels: &[i32], output: CenterOutput, grad_x: &mut [f32]) -> f64 {
        let labels = Labels::new(labels, self.batch.n_classes());
        loss.pass::<Lanes>(Rows::new(&self.batch.x, self.batch.dim), &labels, output, grad_x)
    }

    pub(crate) fn evaluate(&self) -> f64 {
        self.pass(&self.loss(), &self.labels(), CenterOutput::None(&self.batch.centers), &mut [])
    }

    /// The loss and ∂loss/∂x without the centers'.
    pub(crate) fn gradient(&self) -> (f64, Vec<f32>) {
        let mut grad_x = vec![f32::NAN; self.batch.x.len()];
        let output = CenterOutput::None(&self.batch.centers);
        (self.pass(&self.loss(), &self.labels(), output, &mut grad_x), grad_x)
    }

    pub(crate) fn gradients(&self, form: Form) -> Gradients {
        self.counted_gradients(form).0
    }

    /// The gradients, and the rows that an average would follow.
    pub(crate) fn counted_gradients(&self, form: Form) -> (Gradients, Vec<u32>) {
        self.gradients_of(&self.loss(), form)
    }

    /// The gradients of a loss other than that of the radii [C].
    pub(crate) fn gradients_of(&self, loss: &CenterLoss, form: Form) -> (Gradients, Vec<u32>) {
        let (rows, n_classes, dim) = (self.batch.rows(), self.batch.n_classes(), self.batch.dim);
        let mut grad_centers = vec![f32::NAN; form.rows(rows, n_classes) * dim];
        let mut touched = vec![u32::MAX; form.rows(rows, n_classes) + 1];
        let mut grad_x = vec![f32::NAN; self.batch.x.len()];
        let mut counts = vec![COUNTED; n_classes];
        let labels = self.labels();
        let loss = with_workspace(&labels, n_classes, dim, |batch_classes, sums, _| {
            let gradient = CenterGradient::new(form, &mut grad_centers, &mut touched, dim, &batch_classes);
            let classes = ClassAccumulators { batch_classes, sums, counts: Some(&mut counts) };
            let output = CenterOutput::Gradient { centers: &self.batch.centers, classes, gradient };
            self.pass(loss, &labels, output, &mut grad_x)
        });
        let classes = touched[1..=touched[0] as usize].to_vec();
        if form == Form::Sparse {
            grad_centers.truncate(classes.len() * dim);
        }
        (Gradients { loss, x: grad_x, centers: grad_centers, classes }, newly_counted(&counts))
    }

    pub(crate) fn update(&self, rule: Rule) -> Step {
        self.update_of(&self.loss(), rule)
    }

    /// The update by a loss other than that of the radii [C].
    pub(crate) fn update_of(&self, loss: &CenterLoss, rule: Rule) -> Step {
        let (n_classes, dim) = (self.batch.n_classes(), self.batch.dim);
        let mut grad_x = vec![f32::NAN; self.batch.x.len()];
        let mut centers = self.batch.centers.clone();
        let mut counts = vec![COUNTED; n_classes];
        let labels = self.labels();
        let loss = with_workspace(&labels, n_classes, dim, |batch_classes, sums, sum| {
            let classes = ClassAccumulators { batch_classes, sums, counts: Some(&mut counts) };
            let output = CenterOutput::Update { centers: &mut centers, classes, rule, sum };
            self.pass(loss, &labels, output, &mut grad_x)
        });
        Step { loss, x: grad_x, centers, counts: newly_counted(&counts) }
    }
}
