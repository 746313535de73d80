//! Counts, means and scatter of classes, from rows that come in batches.

use bytemuck::CheckedBitPattern;
use wasm_bindgen::prelude::wasm_bindgen;

use super::batch::{Batch, Parts};
use super::buffer::{Buffer, fits};
use super::centers::Centers;
use super::variant;
use crate::rows::shape::slice_mut;
use crate::simd::vector::Lanes;
use crate::statistics::class_statistics::{self, Covariance, Memory, RowRun, SharedState, Sizes};

/// Arrays of [`Statistics`], all `f64`. All but `Results` require `flush`.
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum StatisticsArray {
    /// Number of rejected rows [1].
    Rejected,
    /// Weights of the classes [classes].
    Counts,
    /// Means [classes, dimensions].
    Means,
    /// Sums of squared differences from the means [classes, dimensions], if there is a covariance.
    Squares,
    /// Upper triangle of the tied scatter, row after row, if the covariance is tied.
    Scatter,
    /// Variances or tied covariance of the last call.
    Results,
}

/// Statistics of classes.
#[wasm_bindgen]
#[repr(align(16))]
pub struct Statistics {
    n_classes: usize,
    n_dim: usize,
    covariance: Covariance,
    pivots: Buffer<f32>,
    sums: Buffer<f32>,
    tied: Buffer<f32>,
    differences: Buffer<f32>,
    shared: SharedState,
    runs: Buffer<RowRun>,
    delta: Buffer<f64>,
    totals: Buffer<f64>,
    results: Buffer<f64>,
}

#[wasm_bindgen]
impl Statistics {
    /// Allocates statistics without rows.
    pub fn create(
        n_classes: usize,
        n_dim: usize,
        #[wasm_bindgen(unchecked_param_type = "Covariance")] covariance: u32,
    ) -> Option<Self> {
        let mut statistics = Self {
            n_classes,
            n_dim,
            covariance: variant(covariance),
            pivots: Buffer::default(),
            sums: Buffer::default(),
            tied: Buffer::default(),
            differences: Buffer::default(),
            shared: SharedState::default(),
            runs: Buffer::default(),
            delta: Buffer::default(),
            totals: Buffer::default(),
            results: Buffer::default(),
        };
        let fits = statistics.reserve() && fits::<Self>();
        fits.then_some(statistics)
    }

    /// Makes everything else agree with the totals, after they were written.
    pub fn restore(&mut self) {
        self.kernel().restore();
    }

    /// Adds the rows of a batch, after multiplying the weights of all earlier rows by `forgetting`.
    pub fn add(&mut self, batch: &mut Batch, forgetting: f64) {
        let Parts { x, labels, sample_weight, .. } = batch.parts();
        self.kernel().add::<Lanes>(x, labels, sample_weight, forgetting);
    }

    /// Moves all rows to the totals.
    pub fn flush(&mut self) {
        self.kernel().flush::<Lanes>();
    }

    /// Adds the rows of other statistics of the same shape.
    pub fn merge(&mut self, other: &mut Statistics) {
        self.kernel().merge::<Lanes>(&mut other.kernel());
    }

    /// Address of an array. Requires `flush`.
    pub fn address(&mut self, #[wasm_bindgen(unchecked_param_type = "StatisticsArray")] array: u32) -> usize {
        let matrix = self.n_classes * self.n_dim;
        let squares = if self.covariance == Covariance::None { 0 } else { matrix };
        let start = match variant(array) {
            StatisticsArray::Rejected => 0,
            StatisticsArray::Counts => 1,
            StatisticsArray::Means => 1 + self.n_classes,
            StatisticsArray::Squares => 1 + self.n_classes + matrix,
            StatisticsArray::Scatter => 1 + self.n_classes + matrix + squares,
            StatisticsArray::Results => return self.results.address(),
        };
        self.totals.address() + start * size_of::<f64>()
    }

    /// Writes the means as centers, from center `first` on. Requires `flush`.
    pub fn write_centers(&mut self, centers: &mut Centers, first: usize) {
        let (start, len) = (first * self.n_dim, self.n_classes * self.n_dim);
        self.kernel().centers(slice_mut(&mut centers.params, start, len));
    }

    /// Reserves memory for the results of [`Self::variances`] or [`Self::tied_covariance`].
    pub fn reserve_results(&mut self) -> bool {
        let rows = if self.covariance == Covariance::Tied { self.n_classes.max(self.n_dim) } else { self.n_classes };
        self.results.reserve(rows, self.n_dim)
    }

    /// Writes the variances [classes, dimensions] to `Results`. Requires `flush`.
    pub fn variances(&mut self) {
        let mut results = core::mem::take(&mut self.results);
        let len = self.n_classes * self.n_dim;
        self.kernel().variances(slice_mut(&mut results, 0, len));
        self.results = results;
    }

    /// Writes the tied covariance [dimensions, dimensions] to `Results`. Requires `flush`.
    pub fn tied_covariance(&mut self) {
        let mut results = core::mem::take(&mut self.results);
        let len = self.n_dim * self.n_dim;
        self.kernel().tied_covariance(slice_mut(&mut results, 0, len));
        self.results = results;
    }
}

impl Statistics {
    /// Reserves and initializes the memory.
    fn reserve(&mut self) -> bool {
        let Some(sizes) = Sizes::new(self.n_classes, self.n_dim, self.covariance) else { return false };
        let fits = self.pivots.reserve(sizes.pivots, 1)
            && self.sums.reserve(sizes.sums, 1)
            && self.tied.reserve(sizes.tied, 1)
            && self.differences.reserve(sizes.differences, 1)
            && self.runs.reserve(self.n_classes, 1)
            && self.delta.reserve(self.n_dim, 1)
            && self.totals.reserve(sizes.totals, 1);
        if fits {
            self.restore();
        }
        fits
    }

    #[inline(never)]
    fn kernel(&mut self) -> class_statistics::Statistics<'_> {
        let memory = Memory {
            pivots: &mut self.pivots,
            sums: &mut self.sums,
            tied: &mut self.tied,
            differences: &mut self.differences,
            shared: core::slice::from_mut(&mut self.shared),
            runs: &mut self.runs,
            delta: &mut self.delta,
            totals: &mut self.totals,
        };
        class_statistics::Statistics::new(memory, self.n_dim, self.covariance)
    }
}
