//! Centers in memory, and what a loss keeps for each class.

use bytemuck::CheckedBitPattern;
use wasm_bindgen::prelude::wasm_bindgen;

use super::batch::{Batch, Parts};
use super::buffer::{Buffer, fits};
use super::codes::KeptCodes;
use super::variant;
use super::whitening::Whitening;
use crate::detect::classify;
use crate::detect::nearest;
use crate::distance::metric::Metric;
use crate::distance::pairwise;
use crate::distance::whitened::factor_len;
use crate::init;
use crate::loss::penalty::Penalty;
use crate::loss::proxy::ScratchSizes;
use crate::loss::reduction::Reduction;
use crate::rows::batch_classes::NO_SLOT;
use crate::rows::shape::{Rows, slice, slice_mut};
use crate::simd::vector::{LANES, Lanes, round_to_f32};
use crate::update::center_gradient::Form;
use crate::update::params_hash;

/// Arrays of [`Centers`].
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum CentersArray {
    /// Centers: `f32` [classes, dimensions].
    Params,
    /// Radii of the classes: `f32` [classes].
    Radii,
    /// Weights of the classes: `f32` [classes].
    ClassWeight,
    /// Number of rows that have moved each center: `u32` [classes].
    Counts,
    /// Factor of the covariance, then the whitened centers: `f64`, rows of whole vectors.
    Whitening,
    /// Factor of the background's covariance, then its whitened mean, likewise.
    Background,
}

/// Initial values of centers.
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum Init {
    /// Center j has 1 in dimension j mod D and 0 elsewhere.
    UnitVectors,
    /// Standard normal values.
    Normal,
    /// Random orthogonal matrix.
    Orthogonal,
    /// Values that are in memory already.
    Given,
}

/// Gradients that a call writes beside the loss.
#[wasm_bindgen]
#[derive(Clone, Copy, PartialEq, CheckedBitPattern)]
#[repr(u32)]
pub enum Gradients {
    /// No gradient.
    None,
    /// No gradient, but the loss of each row, written to the start of `Out`.
    Losses,
    /// ∂loss/∂x, written to `Out`.
    Rows,
    /// ∂loss/∂x, and ∂loss/∂centers of all classes, written to `DenseGradient`.
    Dense,
    /// ∂loss/∂x, and ∂loss/∂center of each class in the batch, written to `SparseGradient`.
    Sparse,
    /// The same as `Dense`, before a gradient descent: the rows count as having moved the centers.
    Descent,
}

/// Call that [`Centers::prepare`] reserves scratch memory for.
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum Work {
    /// Loss with ∂loss/∂x, ∂loss/∂centers of all classes.
    DenseGradient,
    /// Loss with ∂loss/∂x, ∂loss/∂center of the classes in the batch.
    SparseGradient,
    /// Update of the centers by an averaging rule.
    Step,
    /// Distances to all centers.
    Distances,
    /// Nearest centers.
    Predict,
    /// Scores with nearest classes.
    Classify,
    /// The same, of rows that are whitened.
    ClassifyWhitened,
    /// Radii of the classes from their rows.
    Radii,
    /// Loss of the rows against all centers.
    ProxyLoss,
    /// Loss of the rows against all centers, with ∂loss/∂centers.
    ProxyGradient,
    /// Variances of the dimensions.
    Precision,
    /// Velocity of the centers, for gradient descent with momentum. Its gradient has a `prepare` of its own.
    Velocity,
}

/// One center for each class [classes, dimensions], and what a loss keeps for each class.
#[wasm_bindgen]
#[repr(align(16))]
pub struct Centers {
    /// Centers; longer than [classes, dimensions] after [`Centers::resize`].
    pub(super) params: Buffer<f32>,
    pub(super) n_classes: usize,
    pub(super) n_dim: usize,
    pub(super) metric: Metric,
    pub(super) penalty: Penalty,
    pub(super) reduction: Reduction,
    /// True if losses against proxies have no gradient of the centers.
    pub(super) fixed: bool,
    /// Radius of all classes; NaN if each has its own.
    pub(super) radius: f64,
    /// Slot of each class in a batch; [`NO_SLOT`] between calls.
    pub(super) slots: Buffer<u32>,
    pub(super) radii: Buffer<f32>,
    pub(super) class_weight: Buffer<f32>,
    pub(super) counts: Buffer<u32>,
    pub(super) velocity: Buffer<f32>,
    pub(super) codes: KeptCodes,
    pub(super) whitening: Whitening,
}

#[wasm_bindgen]
impl Centers {
    /// Allocates centers that are all 0.
    pub fn create(n_classes: usize, n_dim: usize) -> Option<Self> {
        let params = Buffer::zeroed(n_classes, n_dim)?;
        fits::<Self>().then(|| Self {
            params,
            n_classes,
            n_dim,
            metric: Metric::SqEuclidean,
            penalty: Penalty::Hinge,
            reduction: Reduction::Mean,
            fixed: false,
            radius: 0.0,
            slots: Buffer::default(),
            radii: Buffer::default(),
            class_weight: Buffer::default(),
            counts: Buffer::default(),
            velocity: Buffer::default(),
            codes: KeptCodes::default(),
            whitening: Whitening::default(),
        })
    }

    /// Changes the number of classes, for centers that no loss has. The first centers stay; those of new classes have
    /// any values. Memory for twice the classes is allocated where it suffices, so that many steps of one class copy
    /// each center a bounded number of times. Returns false, and changes nothing, if there is not enough memory.
    pub fn resize(&mut self, n_classes: usize) -> bool {
        let Some(len) = n_classes.checked_mul(self.n_dim) else { return false };
        let capacity = self.params.len();
        if len > capacity || len < capacity / 4 {
            let larger = Buffer::zeroed(n_classes.saturating_mul(2), self.n_dim);
            if let Some(mut params) = larger.or_else(|| Buffer::zeroed(n_classes, self.n_dim)) {
                let kept = len.min(self.n_classes * self.n_dim);
                slice_mut(&mut params, 0, kept).copy_from_slice(slice(&self.params, 0, kept));
                self.params = params;
            } else if len > capacity {
                return false;
            }
        }
        self.n_classes = n_classes;
        true
    }

    /// Keeps 8-bit codes of the centers from now on, once they pay. The caller tells of every change by `changed`.
    pub fn keep_codes(&mut self) {
        self.codes.is_kept = true;
    }

    /// Tells that the center of a class has changed, or that the class is new or no more.
    pub fn changed(&mut self, class: usize) {
        let centers = Rows::new(slice(&self.params, 0, self.n_classes * self.n_dim), self.n_dim);
        self.codes.change(centers, class);
    }

    /// Reserves what a loss keeps for each class.
    pub fn reserve_loss(&mut self, class_weighted: bool) -> bool {
        let n_classes = self.n_classes;
        let fits = self.slots.reserve(n_classes, 1)
            && self.radii.reserve(n_classes, 1)
            && self.counts.reserve(n_classes, 1)
            && self.class_weight.reserve(if class_weighted { n_classes } else { 0 }, 1);
        self.slots.fill(NO_SLOT);
        fits
    }

    /// Reserves `Whitening`, and `Background` where distances are relative to one. Rows of a batch are whitened by
    /// `whiten`.
    pub fn reserve_whitening(&mut self, is_relative: bool) -> bool {
        let (factor, width) = (factor_len(self.n_dim), self.n_dim.div_ceil(LANES));
        self.whitening.classes.reserve(self.n_classes.saturating_mul(width).saturating_add(factor), 1)
            && (!is_relative || self.whitening.background.reserve(factor + width, 1))
    }

    /// Sets the metric and the loss. A radius of NaN selects `Radii`, one for each class.
    pub fn configure(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Metric")] metric: u32,
        #[wasm_bindgen(unchecked_param_type = "Penalty")] penalty: u32,
        #[wasm_bindgen(unchecked_param_type = "Reduction")] reduction: u32,
        radius: f64,
    ) {
        (self.metric, self.penalty) = (variant(metric), variant(penalty));
        (self.reduction, self.radius) = (variant(reduction), radius);
        if !radius.is_nan() {
            self.radii.fill(round_to_f32(radius));
        }
    }

    /// Makes the centers fixed for losses against proxies.
    pub fn fix(&mut self) {
        self.fixed = true;
    }

    /// Address of an array.
    pub fn address(&mut self, #[wasm_bindgen(unchecked_param_type = "CentersArray")] array: u32) -> usize {
        match variant(array) {
            CentersArray::Params => self.params.address(),
            CentersArray::Radii => self.radii.address(),
            CentersArray::ClassWeight => self.class_weight.address(),
            CentersArray::Counts => self.counts.address(),
            CentersArray::Whitening => self.whitening.classes.address(),
            CentersArray::Background => self.whitening.background.address(),
        }
    }

    /// Sets the centers to `magnitude` times the values of `init`. Returns false if there is not enough memory for the
    /// scratch of an orthogonal matrix; the centers stay as they were.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a seed is a whole number below 2^53")]
    pub fn init(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Init")] init: u32,
        seed: f64,
        magnitude: f64,
    ) -> bool {
        match variant(init) {
            Init::UnitVectors => init::unit_vectors(&mut self.params, self.n_dim),
            Init::Normal => init::normal::<Lanes>(&mut self.params, seed as u64),
            Init::Orthogonal => {
                let len = init::orthogonal_scratch_len(self.n_classes, self.n_dim);
                let Some(mut scratch) = Buffer::zeroed(len, 1) else { return false };
                let (n_classes, n_dim) = (self.n_classes, self.n_dim);
                init::orthogonal::<Lanes>(&mut self.params, n_classes, n_dim, seed as u64, &mut scratch);
            }
            Init::Given => {}
        }
        #[allow(clippy::float_cmp, reason = "a factor of exactly 1 changes nothing")]
        if magnitude != 1.0 {
            init::scale::<Lanes>(&mut self.params, magnitude);
        }
        true
    }

    /// Hash that shows whether the values have changed.
    pub fn params_hash(&mut self) -> u32 {
        params_hash::params_hash(&self.params)
    }

    /// Reserves the scratch memory of a call.
    pub fn prepare(
        &mut self,
        batch: &mut Batch,
        #[wasm_bindgen(unchecked_param_type = "Work")] work: u32,
        #[wasm_bindgen(unchecked_param_type = "Metric")] metric: u32,
    ) -> bool {
        let metric = variant(metric);
        let (rows, n_classes, n_dim) = (batch.rows, self.n_classes, self.n_dim);
        match variant(work) {
            Work::DenseGradient => batch.reserve_center_gradient(Form::Dense, n_classes),
            Work::SparseGradient => batch.reserve_center_gradient(Form::Sparse, n_classes),
            Work::Step => batch.scratch.reserve_sums(rows, n_classes, n_dim),
            Work::Distances => batch.scratch.values.reserve(pairwise::scratch_len(metric, rows, n_classes, n_dim), 1),
            Work::Predict => {
                batch.scratch.values.reserve(nearest::scratch_len(rows, n_classes, n_dim), 1)
                    && batch.nearest.reserve(rows, 1)
            }
            work @ (Work::Classify | Work::ClassifyWhitened) => {
                batch.scratch.values.reserve(classify::scratch_len(metric, rows, n_classes, n_dim), 1)
                    && batch.nearest.reserve(rows, 1)
                    && (matches!(work, Work::Classify)
                        || batch.scratch.lanes.reserve(rows, n_dim.div_ceil(LANES))
                            && batch.scratch.totals.reserve(rows, 1))
            }
            Work::Radii => {
                batch.scratch.values.reserve(rows, 1)
                    && batch.parameters.reserve(rows, 1)
                    && batch.ends.reserve(n_classes, 1)
            }
            work @ (Work::ProxyLoss | Work::ProxyGradient) => {
                let sizes = ScratchSizes::new(rows, n_classes, n_dim);
                let is_gradient = matches!(work, Work::ProxyGradient);
                batch.scratch.values.reserve(sizes.distances, 1)
                    && batch.scratch.totals.reserve(sizes.row_accumulator, 1)
                    && batch.scratch.center_totals.reserve(sizes.center_accumulator, 1)
                    && batch.scratch.lanes.reserve(sizes.center_sum, 1)
                    && batch.ends.reserve(sizes.links, 1)
                    && batch.nearest.reserve(rows, 1)
                    && batch.dense.reserve(if is_gradient { n_classes } else { 0 }, n_dim)
            }
            Work::Precision => batch.scratch.totals.reserve(n_dim, 1) && batch.parameters.reserve(n_dim, 1),
            Work::Velocity => self.velocity.reserve(n_classes, n_dim),
        }
    }

    /// Distances to all centers, written to `Out` [rows, classes]. Requires `prepare`.
    pub fn distances(&mut self, batch: &mut Batch, #[wasm_bindgen(unchecked_param_type = "Metric")] metric: u32) {
        let metric = variant(metric);
        let len = pairwise::scratch_len(metric, batch.rows, self.n_classes, self.n_dim);
        let Parts { x, out, scratch, .. } = batch.parts();
        pairwise::distances::<Lanes>(metric, x, self.rows(), slice_mut(&mut scratch.values, 0, len), out);
    }

    /// Nearest class of each row by Euclidean distance, written to `Nearest`. Requires `prepare`.
    pub fn predict(&mut self, batch: &mut Batch) {
        let len = nearest::scratch_len(batch.rows, self.n_classes, self.n_dim);
        let Parts { x, nearest, scratch, .. } = batch.parts();
        let scratch = slice_mut(&mut scratch.values, 0, len);
        nearest::predict::<Lanes>(x, self.rows(), scratch, slice_mut(nearest, 0, x.count()));
    }
}

impl Centers {
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows::new(slice(&self.params, 0, self.n_classes * self.n_dim), self.n_dim)
    }
}
