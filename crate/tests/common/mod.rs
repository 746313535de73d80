//! What the test files share: batches, every kernel as a function from a batch to results it owns, and comparisons.
#![allow(dead_code, reason = "every test binary compiles this file and uses its part")]
#![allow(unused_imports, reason = "every test binary compiles this file and uses its part")]

mod close;

pub(crate) use close::{TOLERANCE, assert_close, assert_matrix_close, assert_same_bits};

use center_loss::detect::nearest;
use center_loss::detect::softmin;
use center_loss::distance::gemm;
use center_loss::distance::squared_euclidean;
use center_loss::init;
use center_loss::loss::batch_pass::{CenterOutput, ClassAccumulators};
use center_loss::loss::reduction::{Labels, Loss, Reduction};
use center_loss::rows::batch_classes::{BatchClass, BatchClasses, NO_SLOT};
use center_loss::rows::row_sums::RowSums;
use center_loss::rows::shape::{Rows, class_of};
use center_loss::simd::vector::Lanes;
use center_loss::update::averages::Rule;
use center_loss::update::center_gradient::{CenterGradient, Form};

/// Every reduction.
pub(crate) const REDUCTIONS: [Reduction; 4] = [Reduction::Mean, Reduction::Batch, Reduction::Wen, Reduction::Sum];

/// Every reduction with one radius.
pub(crate) fn losses(radius: f64) -> [Loss; 4] {
    REDUCTIONS.map(|reduction| Loss { radius, reduction })
}

/// A batch and the centers it meets.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) x: Vec<f32>,
    pub(crate) labels: Vec<i32>,
    pub(crate) centers: Vec<f32>,
    pub(crate) dim: usize,
}

/// What [`Batch::gradients`] returns.
#[derive(Clone, Debug)]
pub(crate) struct Gradients {
    pub(crate) loss: f64,
    pub(crate) x: Vec<f32>,
    pub(crate) centers: Vec<f32>,
    /// The classes that have a row in `centers`.
    pub(crate) classes: Vec<u32>,
}

/// Result of [`Batch::step`].
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) loss: f64,
    pub(crate) x: Vec<f32>,
    pub(crate) centers: Vec<f32>,
    pub(crate) counts: Vec<u32>,
}

/// Standard normal values.
pub(crate) fn normal(len: usize, seed: u64) -> Vec<f32> {
    let mut values = vec![0.0; len];
    init::normal::<Lanes>(&mut values, seed);
    values
}

impl Batch {
    /// Standard normal rows and centers.
    pub(crate) fn with_labels(labels: Vec<i32>, n_classes: usize, dim: usize, seed: u64) -> Self {
        let (x, centers) = (normal(labels.len() * dim, seed), normal(n_classes * dim, !seed));
        Self { x, labels, centers, dim }
    }

    /// Labels from −1 (unknown) to C (known, of no class), the first row's a class, and now and then a row that is
    /// its own center.
    pub(crate) fn random(rows: usize, n_classes: usize, dim: usize, seed: u64) -> Self {
        let labels = (0..rows).map(|row| i32::try_from((row * 1009 + 1) % (n_classes + 2)).unwrap() - 1).collect();
        let mut batch = Self::with_labels(labels, n_classes, dim, seed);
        for row in (10..rows).step_by(11) {
            if let Some(class) = class_of(batch.labels[row], n_classes) {
                batch.x[row * dim..][..dim].copy_from_slice(&batch.centers[class * dim..][..dim]);
            }
        }
        batch
    }

    pub(crate) fn rows(&self) -> usize {
        self.labels.len()
    }

    pub(crate) fn n_classes(&self) -> usize {
        self.centers.len() / self.dim
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.x[row * self.dim..][..self.dim]
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.x[row * self.dim..][..self.dim]
    }

    /// The batch of these rows, in this order.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        Self {
            x: rows.iter().flat_map(|&row| self.row(row)).copied().collect(),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
            centers: self.centers.clone(),
            dim: self.dim,
        }
    }

    fn views(&self) -> (Rows<'_>, Labels<'_>, Rows<'_>) {
        let labels = Labels::new(&self.labels, self.n_classes());
        (Rows::new(&self.x, self.dim), labels, Rows::new(&self.centers, self.dim))
    }

    pub(crate) fn distances(&self) -> Vec<f32> {
        let (x, _, centers) = self.views();
        let mut distmat = vec![f32::NAN; self.rows() * self.n_classes()];
        // What an earlier call may have left there.
        let mut room = vec![f32::NAN; gemm::scratch_len(self.rows(), self.n_classes(), self.dim)];
        squared_euclidean::distances::<Lanes>(x, centers, &mut room, &mut distmat);
        distmat
    }

    pub(crate) fn predict(&self) -> Vec<i32> {
        let mut classes = vec![i32::MAX; self.rows()];
        let (x, centers) = (Rows::new(&self.x, self.dim), Rows::new(&self.centers, self.dim));
        let mut room = vec![f32::NAN; nearest::scratch_len(self.rows(), self.n_classes(), self.dim)];
        nearest::predict::<Lanes>(x, centers, &mut room, &mut classes);
        classes
    }

    pub(crate) fn forward(&self, loss: Loss, distmat: &[f32]) -> f64 {
        loss.forward::<Lanes>(Rows::new(distmat, self.n_classes()), &Labels::new(&self.labels, self.n_classes()))
    }

    pub(crate) fn backward(&self, loss: Loss, distmat: &[f32]) -> Vec<f32> {
        let mut grad = vec![f32::NAN; distmat.len()];
        let labels = Labels::new(&self.labels, self.n_classes());
        loss.backward(Rows::new(distmat, self.n_classes()), &labels, &mut grad);
        grad
    }

    pub(crate) fn evaluate(&self, loss: Loss) -> f64 {
        let (x, labels, _) = self.views();
        loss.pass::<Lanes>(x, &labels, CenterOutput::None(&self.centers), &mut [])
    }

    /// The loss and ∂loss/∂x, without the centers' gradient.
    pub(crate) fn gradient(&self, loss: Loss) -> (f64, Vec<f32>) {
        let (x, labels, _) = self.views();
        let mut grad_x = vec![f32::NAN; self.x.len()];
        (loss.pass::<Lanes>(x, &labels, CenterOutput::None(&self.centers), &mut grad_x), grad_x)
    }

    pub(crate) fn gradients(&self, loss: Loss, form: Form) -> Gradients {
        let rows = form.rows(self.rows(), self.n_classes());
        let (mut centers, mut touched) = (vec![f32::NAN; rows * self.dim], vec![7; rows + 1]);
        let (loss, x) = self.gradients_into(loss, form, &mut centers, &mut touched);
        let classes = touched[1..][..touched[0] as usize].to_vec();
        if form == Form::Sparse {
            centers.truncate(classes.len() * self.dim);
        }
        Gradients { loss, x, centers, classes }
    }

    /// As [`Batch::gradients`], into buffers that may hold the gradient of another batch.
    pub(crate) fn gradients_into(
        &self,
        loss: Loss,
        form: Form,
        grad_centers: &mut [f32],
        touched: &mut [u32],
    ) -> (f64, Vec<f32>) {
        let (x, labels, _) = self.views();
        let mut grad_x = vec![f32::NAN; self.x.len()];
        let loss = with_workspace(&self.labels, self.n_classes(), self.dim, |batch_classes, sums, _| {
            let gradient = CenterGradient::new(form, grad_centers, touched, self.dim, &batch_classes);
            let classes = ClassAccumulators { batch_classes, sums, counts: None };
            let output = CenterOutput::Gradient { centers: &self.centers, classes, gradient };
            loss.pass::<Lanes>(x, &labels, output, &mut grad_x)
        });
        (loss, grad_x)
    }

    /// The centers moved by the rule of Wen et al.
    pub(crate) fn wen_step(&self, loss: Loss, alpha: f64) -> Step {
        self.step(loss, Rule::Wen(alpha))
    }

    pub(crate) fn step(&self, loss: Loss, rule: Rule) -> Step {
        let (x, labels, _) = self.views();
        let (mut grad_x, mut centers) = (vec![f32::NAN; self.x.len()], self.centers.clone());
        let mut counts = vec![COUNTED; self.n_classes()];
        let loss = with_workspace(&self.labels, self.n_classes(), self.dim, |batch_classes, sums, sum| {
            let classes = ClassAccumulators { batch_classes, sums, counts: Some(&mut counts) };
            let output = CenterOutput::Update { centers: &mut centers, classes, rule, sum };
            loss.pass::<Lanes>(x, &labels, output, &mut grad_x)
        });
        Step { loss, x: grad_x, centers, counts: newly_counted(&counts) }
    }
}

/// Rows that each class had before a pass.
pub(crate) const COUNTED: u32 = 7;

pub(crate) fn newly_counted(counts: &[u32]) -> Vec<u32> {
    counts.iter().map(|count| count - COUNTED).collect()
}

/// Calls `pass` with a workspace that holds what must not matter, and checks that it left the class table as it was:
/// what one batch leaves there, the next would take for its own.
pub(crate) fn with_workspace<T>(
    labels: &[i32],
    n_classes: usize,
    dim: usize,
    pass: impl FnOnce(BatchClasses, RowSums, &mut [f32]) -> T,
) -> T {
    let mut slots = vec![NO_SLOT; n_classes];
    let rows = labels.len();
    let mut groups = vec![BatchClass::default(); BatchClasses::capacity(rows, n_classes)];
    let mut runs = vec![f32::NAN; RowSums::partial_rows(rows, n_classes) * dim];
    let mut totals = vec![f64::NAN; RowSums::accumulator_rows(rows, n_classes) * dim];
    let groups = BatchClasses::new(labels, &mut slots, &mut groups);
    let result = pass(groups, RowSums::new(&mut runs, &mut totals, dim), &mut vec![f32::NAN; dim]);
    assert!(slots.iter().all(|&slot| slot == NO_SLOT), "the class table is not as it was");
    result
}

/// Probabilities from squared distances.
pub(crate) fn softmin(distmat: &[f32], n_classes: usize) -> Vec<f32> {
    let mut probabilities = distmat.to_vec();
    softmin::softmin::<Lanes>(&mut probabilities, n_classes);
    probabilities
}

/// A radius that some of these squared distances are within and some are not, and none is near: the middle of the
/// widest gap. At the radius itself the loss has a kink, where float32 and float64 may rightly fall on two sides.
pub(crate) fn radius_between(distances: &[f64]) -> f64 {
    let mut sorted = distances.to_vec();
    sorted.push(0.0);
    sorted.sort_by(f64::total_cmp);
    let gap = |pair: &[f64]| pair[1] - pair[0];
    // A lone distance is outside the radius; of several the least is within.
    let gaps = if sorted.len() > 2 { &sorted[1..] } else { &sorted[..] };
    gaps.windows(2).max_by(|a, b| gap(a).total_cmp(&gap(b))).map_or(0.5, |pair| f64::midpoint(pair[0], pair[1]))
}
