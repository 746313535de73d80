//! Statistics of classes that own their memory.

use super::Batch;
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use center_loss::statistics::class_statistics::{Covariance, Memory, RowRun, SharedState, Sizes, Statistics};

/// Statistics that own their memory. It starts as NaN, since old contents must not matter.
#[derive(Clone)]
pub(crate) struct Owned {
    pub(crate) covariance: Covariance,
    pub(crate) n_classes: usize,
    pub(crate) n_dim: usize,
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
    pub(crate) fn new(n_classes: usize, n_dim: usize, covariance: Covariance) -> Self {
        let sizes = Sizes::new(n_classes, n_dim, covariance).expect("small");
        let floats = [sizes.pivots, sizes.sums, sizes.tied, sizes.differences];
        let mut owned = Self {
            covariance,
            n_classes,
            n_dim,
            floats: floats.map(|len| vec![f32::NAN; len]),
            shared: vec![SharedState::default()],
            runs: vec![RowRun::default(); n_classes],
            totals: vec![0.0; sizes.totals],
        };
        owned.restore();
        owned
    }

    pub(crate) fn with<T>(&mut self, call: impl FnOnce(&mut Statistics) -> T) -> T {
        let mut delta = vec![f64::NAN; self.n_dim];
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
        call(&mut Statistics::new(memory, self.n_dim, self.covariance))
    }

    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime, `with` of any")]
    pub(crate) fn restore(&mut self) {
        self.with(|all| all.restore());
    }

    #[allow(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime, `with` of any")]
    pub(crate) fn flush(&mut self) {
        self.with(|all| all.flush::<Lanes>());
    }

    pub(crate) fn add(&mut self, batch: &Batch, forgetting: f64) {
        let n_dim = self.n_dim;
        self.with(|all| all.add::<Lanes>(Rows::new(&batch.x, n_dim), &batch.labels, &batch.sample_weight, forgetting));
    }

    pub(crate) fn merge(&mut self, other: &mut Self) {
        self.with(|all| other.with(|other| all.merge::<Lanes>(other)));
    }

    pub(crate) fn totals(&mut self) -> Totals {
        self.flush();
        let (matrix, squares) = (self.n_classes * self.n_dim, self.covariance != Covariance::None);
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
        let mut out = vec![f32::NAN; self.n_classes * self.n_dim];
        self.flush();
        self.with(|all| all.centers(&mut out));
        out
    }

    pub(crate) fn variances(&mut self) -> Vec<f64> {
        let mut out = vec![f64::NAN; self.n_classes * self.n_dim];
        self.flush();
        self.with(|all| all.variances(&mut out));
        out
    }

    pub(crate) fn tied_covariance(&mut self) -> Vec<f64> {
        let mut out = vec![f64::NAN; self.n_dim * self.n_dim];
        self.flush();
        self.with(|all| all.tied_covariance(&mut out));
        out
    }
}
