//! Statistics of classes with memory of their own, and rows for them.
#![allow(dead_code, reason = "who compiles this file uses its part")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "small sizes")]
#![allow(clippy::cast_precision_loss, reason = "small sizes")]

use super::common::normal;
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use center_loss::statistics::class_statistics::{Covariance, Memory, RowRun, SharedState, Sizes, Statistics};

/// Statistics with memory of their own, which is full of what must not matter.
#[derive(Clone)]
pub(crate) struct Owned {
    pub(crate) covariance: Covariance,
    pub(crate) n_classes: usize,
    pub(crate) dim: usize,
    pub(crate) floats: [Vec<f32>; 4],
    pub(crate) shared: Vec<SharedState>,
    pub(crate) runs: Vec<RowRun>,
    pub(crate) totals: Vec<f64>,
}

/// Totals by name.
#[derive(Debug, PartialEq)]
pub(crate) struct Totals {
    pub(crate) rejected: f64,
    pub(crate) counts: Vec<f64>,
    pub(crate) means: Vec<f64>,
    pub(crate) squares: Vec<f64>,
    pub(crate) scatter: Vec<f64>,
}

impl Owned {
    pub(crate) fn new(n_classes: usize, dim: usize, covariance: Covariance) -> Self {
        let sizes = Sizes::new(n_classes, dim, covariance).expect("small");
        let floats = [sizes.pivots, sizes.sums, sizes.tied, sizes.differences];
        let mut owned = Self {
            covariance,
            n_classes,
            dim,
            floats: floats.map(|len| vec![f32::NAN; len]),
            shared: vec![SharedState::default()],
            runs: vec![RowRun::default(); n_classes],
            totals: vec![0.0; sizes.totals],
        };
        owned.restore();
        owned
    }

    pub(crate) fn with<T>(&mut self, call: impl FnOnce(&mut Statistics) -> T) -> T {
        let mut delta = vec![f64::NAN; self.dim];
        let [pivots, sums, tied, differences] = &mut self.floats;
        let memory = Memory {
            pivots,
            sums,
            tied,
            differences,
            shared: &mut self.shared,
            runs: &mut self.runs,
            delta: &mut delta,
            totals: &mut self.totals,
        };
        call(&mut Statistics::new(memory, self.dim, self.covariance))
    }

    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime, `with` of any")]
    pub(crate) fn restore(&mut self) {
        self.with(|all| all.restore());
    }

    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime, `with` of any")]
    pub(crate) fn settle(&mut self) {
        self.with(|all| all.flush::<Lanes>());
    }

    pub(crate) fn add(&mut self, batch: &Batch, forgetting: f64) {
        let dim = self.dim;
        self.with(|all| all.add::<Lanes>(Rows::new(&batch.x, dim), &batch.labels, &batch.weights, forgetting));
    }

    pub(crate) fn merge(&mut self, other: &mut Self) {
        self.with(|all| other.with(|other| all.merge::<Lanes>(other)));
    }

    pub(crate) fn totals(&mut self) -> Totals {
        self.settle();
        let (matrix, squares) = (self.n_classes * self.dim, self.covariance != Covariance::None);
        let mut rest = self.totals.clone();
        let mut next = |len: usize| rest.drain(..len).collect::<Vec<f64>>();
        Totals {
            rejected: next(1)[0],
            counts: next(self.n_classes),
            means: next(matrix),
            squares: next(if squares { matrix } else { 0 }),
            scatter: rest,
        }
    }

    pub(crate) fn centers(&mut self) -> Vec<f32> {
        let mut out = vec![f32::NAN; self.n_classes * self.dim];
        self.settle();
        self.with(|all| all.centers(&mut out));
        out
    }

    pub(crate) fn variances(&mut self) -> Vec<f64> {
        let mut out = vec![f64::NAN; self.n_classes * self.dim];
        self.settle();
        self.with(|all| all.variances(&mut out));
        out
    }

    pub(crate) fn tied_covariance(&mut self) -> Vec<f64> {
        let mut out = vec![f64::NAN; self.dim * self.dim];
        self.settle();
        self.with(|all| all.tied_covariance(&mut out));
        out
    }
}

/// Rows with labels and weights, or without.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) dim: usize,
    pub(crate) x: Vec<f32>,
    pub(crate) labels: Vec<i32>,
    pub(crate) weights: Vec<f32>,
}

impl Batch {
    /// Normal rows around `offset`, labels −1 … C by turns.
    pub(crate) fn new(rows: usize, n_classes: usize, dim: usize, offset: f32, seed: u64) -> Self {
        Self {
            dim,
            x: normal(rows * dim, seed).iter().map(|value| value + offset).collect(),
            labels: (0..rows).map(|row| ((row * 7 + 1) % (n_classes + 2)) as i32 - 1).collect(),
            weights: vec![],
        }
    }

    pub(crate) fn weighted(mut self, seed: u64) -> Self {
        self.weights = normal(self.labels.len(), seed).iter().map(|value| value.abs()).collect();
        self
    }

    pub(crate) fn rows(&self) -> usize {
        self.labels.len()
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.x[row * self.dim..][..self.dim]
    }

    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.get(row).map_or(1.0, |&weight| weight.into())
    }

    pub(crate) fn part(&self, from: usize, to: usize) -> Self {
        Self {
            dim: self.dim,
            x: self.x[from * self.dim..to * self.dim].to_vec(),
            labels: self.labels[from..to].to_vec(),
            weights: if self.weights.is_empty() { vec![] } else { self.weights[from..to].to_vec() },
        }
    }
}
