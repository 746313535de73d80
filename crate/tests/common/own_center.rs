//! Batches for the loss of the own centers, and its kernels as functions to results that a test owns.
#![allow(dead_code, reason = "every test binary compiles this file and uses its part")]

use center_loss::center_gradient::{CenterGradient, Form};
use center_loss::groups::{Group, Groups, NONE};
use center_loss::loss::Reduction;
use center_loss::open_set::metric::Metric;
use center_loss::open_set::penalty::Penalty;
use center_loss::open_set::rules::Rule;
use center_loss::open_set::single::{ClassSums, Purpose, Single};
use center_loss::open_set::weights::{Weights, without_weightless};
use center_loss::row_sum::RowSums;
use center_loss::shape::Rows;
use center_loss::vector::Lanes;
use center_loss::workspace::Layout;

use crate::common::{Batch, Gradients, assert_same_bits};
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

/// What [`Own::update`] gives.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) loss: f64,
    pub(crate) x: Vec<f32>,
    pub(crate) centers: Vec<f32>,
    pub(crate) counts: Vec<u32>,
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
            without_weightless(&self.batch.labels, &self.sample_weight, &mut labels);
        }
        labels
    }

    fn single(&self) -> Single<'_> {
        let weights = Weights { class: &self.class_weight, sample: &self.sample_weight };
        let Self { metric, penalty, reduction, radii, .. } = self;
        Single { metric: *metric, penalty: *penalty, reduction: *reduction, radii, weights }
    }

    pub(crate) fn evaluate(&self) -> f64 {
        let x = Rows::new(&self.batch.x, self.batch.dim);
        self.single().sweep::<Lanes>(x, &self.labels(), &mut self.batch.centers.clone(), &mut [], None)
    }

    /// The loss and ∂loss/∂x without the centers'.
    pub(crate) fn gradient(&self) -> (f64, Vec<f32>) {
        let (x, mut grad_x) = (Rows::new(&self.batch.x, self.batch.dim), vec![f32::NAN; self.batch.x.len()]);
        let mut centers = self.batch.centers.clone();
        (self.single().sweep::<Lanes>(x, &self.labels(), &mut centers, &mut grad_x, None), grad_x)
    }

    pub(crate) fn gradients(&self, form: Form) -> Gradients {
        let (rows, n_classes, dim) = (self.batch.rows(), self.batch.n_classes(), self.batch.dim);
        let mut grad_centers = vec![f32::NAN; form.rows(rows, n_classes) * dim];
        let mut touched = vec![u32::MAX; form.rows(rows, n_classes) + 1];
        let mut grad_x = vec![f32::NAN; self.batch.x.len()];
        let mut centers = self.batch.centers.clone();
        let loss = self.with_workspace(|labels, groups, sums, _| {
            let mut gradient = CenterGradient::new(form, &mut grad_centers, &mut touched, dim, groups);
            let sums = ClassSums { groups, sums, purpose: Purpose::Gradient(&mut gradient) };
            let x = Rows::new(&self.batch.x, dim);
            self.single().sweep::<Lanes>(x, labels, &mut centers, &mut grad_x, Some(sums))
        });
        assert_same_bits(&centers, &self.batch.centers, "the centers stay where they are");
        let classes = touched[1..=touched[0] as usize].to_vec();
        if form == Form::Touched {
            grad_centers.truncate(classes.len() * dim);
        }
        Gradients { loss, x: grad_x, centers: grad_centers, classes }
    }

    pub(crate) fn update(&self, rule: Rule) -> Update {
        let mut grad_x = vec![f32::NAN; self.batch.x.len()];
        let mut centers = self.batch.centers.clone();
        let mut counts = vec![7; self.batch.n_classes()];
        let loss = self.with_workspace(|labels, groups, sums, sum| {
            let sums = ClassSums { groups, sums, purpose: Purpose::Update { rule, sum, counts: &mut counts } };
            let x = Rows::new(&self.batch.x, self.batch.dim);
            self.single().sweep::<Lanes>(x, labels, &mut centers, &mut grad_x, Some(sums))
        });
        Update { loss, x: grad_x, centers, counts: counts.iter().map(|count| count - 7).collect() }
    }

    fn with_workspace<T>(&self, pass: impl FnOnce(&[i32], &mut Groups, &mut RowSums, &mut [f32]) -> T) -> T {
        let labels = self.labels();
        let mut slots = vec![NONE; self.batch.n_classes()];
        let layout = Layout::new(labels.len(), slots.len(), self.batch.dim);
        let mut groups = vec![Group::default(); layout.groups_len];
        let (mut runs, mut totals) = (vec![f32::NAN; layout.runs_len], vec![f64::NAN; layout.totals_len]);
        let mut groups = Groups::new(&labels, &mut slots, &mut groups);
        let mut sums = RowSums::new(&mut runs, &mut totals, self.batch.dim);
        let result = pass(&labels, &mut groups, &mut sums, &mut vec![f32::NAN; self.batch.dim]);
        drop(groups);
        assert!(slots.iter().all(|&slot| slot == NONE), "the class table is not as it was");
        result
    }
}
