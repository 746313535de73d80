//! Batches, and the kernels as functions from a batch to results that a test owns.

pub(crate) mod class_statistics;
mod close;
mod codes;
mod loss;

pub(crate) use close::{BAD, TOLERANCE, assert_close, assert_matrix_close, assert_same_bits, assert_same_f64};
pub(crate) use codes::OwnedCodes;
pub(crate) use loss::{Case, Gradients, LossSpec, PENALTIES, REDUCTIONS, RULES, Radii};

use center_loss::detect::classify::{self, Measure};
use center_loss::detect::score::Score;
use center_loss::detect::{nearest, precision, softmin};
use center_loss::distance::metric::Metric;
use center_loss::distance::pairwise;
use center_loss::init;
use center_loss::rows::shape::{Rows, class_of};
use center_loss::simd::vector::Lanes;

pub(crate) const METRICS: [Metric; 3] = [Metric::SqEuclidean, Metric::Euclidean, Metric::Cosine];

/// Dimensions around lanes (4), the loops of 16, blocks of 512, and several blocks.
pub(crate) const DIMS: [usize; 28] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1023, 1024, 1025, 2049,
];

/// Numbers of rows of one class, around the runs of 64 that are summed in float32.
pub(crate) const ROWS_OF_ONE_CLASS: [usize; 9] = [1, 2, 63, 64, 65, 127, 128, 129, 1000];

/// Label of a known row that no class has.
pub(crate) const NO_CLASS: i32 = 99_999;

/// Rows, their labels and weights, and the centers that they are compared with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) x: Vec<f32>,
    pub(crate) labels: Vec<i32>,
    /// [B], or empty: all 1.
    pub(crate) sample_weight: Vec<f32>,
    pub(crate) centers: Vec<f32>,
    pub(crate) n_dim: usize,
}

/// Standard normal values.
pub(crate) fn normal(len: usize, seed: u64) -> Vec<f32> {
    let mut values = vec![0.0; len];
    init::normal::<Lanes>(&mut values, seed);
    values
}

pub(crate) fn sorted(scores: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut scores: Vec<f64> = scores.into_iter().collect();
    scores.sort_by(f64::total_cmp);
    scores
}

/// Labels from −1 (unknown) to C (known, of no class), by turns; the first is a class.
pub(crate) fn mixed_labels(rows: usize, n_classes: usize) -> Vec<i32> {
    (0..rows).map(|row| ((row * 1009 + 1) % (n_classes + 2)) as i32 - 1).collect()
}

impl Batch {
    pub(crate) fn new(x: &[f32], labels: &[i32], centers: &[f32], n_dim: usize) -> Self {
        Self { x: x.to_vec(), labels: labels.to_vec(), sample_weight: vec![], centers: centers.to_vec(), n_dim }
    }

    /// Standard normal rows and centers.
    pub(crate) fn with_labels(labels: Vec<i32>, n_classes: usize, n_dim: usize, seed: u64) -> Self {
        let (x, centers) = (normal(labels.len() * n_dim, seed), normal(n_classes * n_dim, !seed));
        Self { x, labels, sample_weight: vec![], centers, n_dim }
    }

    /// Standard normal rows of class 0.
    pub(crate) fn of_one_class(rows: usize, n_classes: usize, n_dim: usize, seed: u64) -> Self {
        Self::with_labels(vec![0; rows], n_classes, n_dim, seed)
    }

    /// Standard normal rows with [`mixed_labels`]; every eleventh row with a class is equal to its center.
    pub(crate) fn random(rows: usize, n_classes: usize, n_dim: usize, seed: u64) -> Self {
        let mut batch = Self::with_labels(mixed_labels(rows, n_classes), n_classes, n_dim, seed);
        for row in (10..rows).step_by(11) {
            if let Some(class) = class_of(batch.labels[row], n_classes) {
                batch.x[row * n_dim..][..n_dim].copy_from_slice(&batch.centers[class * n_dim..][..n_dim]);
            }
        }
        batch
    }

    pub(crate) fn rows(&self) -> usize {
        self.labels.len()
    }

    pub(crate) fn n_classes(&self) -> usize {
        self.centers.len() / self.n_dim
    }

    pub(crate) fn shape(&self) -> String {
        format!("B = {}, C = {}, D = {}", self.rows(), self.n_classes(), self.n_dim)
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.x[row * self.n_dim..][..self.n_dim]
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.x[row * self.n_dim..][..self.n_dim]
    }

    pub(crate) fn center(&self, class: usize) -> &[f32] {
        &self.centers[class * self.n_dim..][..self.n_dim]
    }

    pub(crate) fn center_mut(&mut self, class: usize) -> &mut [f32] {
        &mut self.centers[class * self.n_dim..][..self.n_dim]
    }

    /// Every value of rows and centers, to be changed in place.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut f32> {
        self.x.iter_mut().chain(&mut self.centers)
    }

    /// Moves every row near the center of class 7·row mod C: its old values times `distance` become the offset.
    pub(crate) fn near_centers(&mut self, distance: f32) {
        for row in 0..self.rows() {
            let center = self.center(row * 7 % self.n_classes()).to_vec();
            for (value, center) in self.row_mut(row).iter_mut().zip(center) {
                *value = center + *value * distance;
            }
        }
    }

    /// Returns the batch of these rows, in this order.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        Self {
            x: rows.iter().flat_map(|&row| self.row(row)).copied().collect(),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
            sample_weight: rows.iter().filter_map(|&row| self.sample_weight.get(row)).copied().collect(),
            centers: self.centers.clone(),
            n_dim: self.n_dim,
        }
    }

    pub(crate) fn views(&self) -> (Rows<'_>, Rows<'_>) {
        (Rows::new(&self.x, self.n_dim), Rows::new(&self.centers, self.n_dim))
    }

    pub(crate) fn distances(&self, metric: Metric) -> Vec<f32> {
        let (x, centers) = self.views();
        let mut distmat = vec![f32::NAN; self.rows() * self.n_classes()];
        let mut scratch = vec![f32::NAN; pairwise::scratch_len(metric, self.rows(), self.n_classes(), self.n_dim)];
        pairwise::distances::<Lanes>(metric, x, centers, &mut scratch, &mut distmat);
        distmat
    }

    pub(crate) fn squared_distances(&self) -> Vec<f32> {
        self.distances(Metric::SqEuclidean)
    }

    /// The nearest classes, which those by codes are equal to.
    pub(crate) fn predict(&self) -> Vec<i32> {
        let mut classes = vec![i32::MAX; self.rows()];
        let (x, centers) = self.views();
        let mut scratch = vec![f32::NAN; nearest::scratch_len(self.rows(), self.n_classes(), self.n_dim)];
        nearest::predict::<Lanes>(x, centers, &mut scratch, &mut classes);
        for (row, by_codes) in OwnedCodes::of(centers).predict(x, centers).into_iter().enumerate() {
            assert_eq!(by_codes.unwrap_or(classes[row]), classes[row], "row {row}, by codes, {}", self.shape());
        }
        classes
    }

    /// The scores and nearest classes.
    pub(crate) fn classify(&self, measure: Measure, score: Score) -> (Vec<f32>, Vec<i32>) {
        let (x, centers) = self.views();
        let metric = if let Measure::Metric(metric) = measure { metric } else { Metric::SqEuclidean };
        let mut scratch = vec![f32::NAN; classify::scratch_len(metric, self.rows(), self.n_classes(), self.n_dim)];
        let (mut scores, mut nearest) = (vec![f32::NAN; self.rows()], vec![7; self.rows()]);
        classify::classify::<Lanes>(x, centers, measure, score, &mut scratch, &mut scores, &mut nearest);
        (scores, nearest)
    }

    /// The precision, and the number of rows that it is fitted to.
    pub(crate) fn fit_precision(&self) -> (Vec<f32>, usize) {
        let (x, centers) = self.views();
        let (mut sums, mut precision) = (vec![f64::NAN; self.n_dim], vec![f32::NAN; self.n_dim]);
        let n = precision::fit::<Lanes>(x, &self.labels, centers, &mut sums, &mut precision);
        (precision, n)
    }
}

/// Probabilities from distances.
pub(crate) fn softmin(distmat: &[f32], n_classes: usize, temperature: f64) -> Vec<f32> {
    let mut probabilities = distmat.to_vec();
    softmin::softmin::<Lanes>(&mut probabilities, n_classes, temperature);
    probabilities
}
