//! Rows of a call, and results for them.

use bytemuck::CheckedBitPattern;
use wasm_bindgen::prelude::wasm_bindgen;

use super::buffer::{Buffer, fits};
use super::scratch::Scratch;
use super::variant;
use crate::detect::{softmin, temperature};
use crate::loss::class_weights::{Scheme, class_weights};
use crate::loss::cross_entropy;
use crate::loss::deep_svdd;
use crate::loss::weights::{Weights, mask_weightless_labels};
use crate::metrics::accuracy;
use crate::rows::shape::{Rows, slice, slice_mut, split_mut};
use crate::simd::float16;
use crate::simd::vector::Lanes;
use crate::update::center_gradient::Form;

/// Arrays of a [`Batch`].
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum BatchArray {
    /// Embeddings, distances or logits: `f32` [rows, width].
    X,
    /// Labels: `i32` [rows], below 0 = unknown.
    Labels,
    /// Weights of the rows: `f32` [rows].
    SampleWeight,
    /// Results by row: `f32` [rows, out width].
    Out,
    /// Nearest classes: `i32` [rows].
    Nearest,
    /// ∂loss/∂centers of all classes: `f32` [classes, dimensions].
    DenseGradient,
    /// ∂loss/∂center of each class in the batch: `f32` [classes in the batch, dimensions], in the order of
    /// `SparseClasses`.
    SparseGradient,
    /// Number of classes in the batch, then these classes: `u32`.
    SparseClasses,
    /// Parameters of a call, or results by class: `f32`.
    Parameters,
    /// Ends of the classes in `Parameters`: `u32` [classes].
    Ends,
    /// Thresholds, or other values in double precision: `f64`.
    Doubles,
    /// Values in half precision, as their bits: `u16`.
    Float16,
    /// Logits beside the embeddings: `f32` [rows, classes].
    Logits,
    /// ∂loss/∂logits: `f32` [rows, classes].
    LogitsGradient,
}

/// Schemes of class weights.
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum CrossEntropy {
    /// Logits in `X`, their gradient in `Out`.
    Alone,
    /// Logits in `Logits`, their gradient in `LogitsGradient`: `X` has embeddings.
    BesideX,
    /// Logits and gradient as in `Alone`, the losses of the rows in `Parameters`, after room for the weights of the classes.
    PerRow,
}

#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum ClassWeighting {
    /// n/(K·n_j)
    Balanced,
    /// Effective number of samples, Cui et al., CVPR 2019.
    EffectiveNumber,
}

/// Rows with labels and weights, results, and scratch memory.
#[wasm_bindgen]
#[derive(Default)]
#[repr(align(16))]
pub struct Batch {
    pub(super) rows: usize,
    pub(super) width: usize,
    pub(super) out_width: usize,
    /// True if rows have weights in this call.
    pub(super) weighted: bool,
    pub(super) x: Buffer<f32>,
    pub(super) labels: Buffer<i32>,
    pub(super) sample_weight: Buffer<f32>,
    /// Labels, unknown for rows of weight 0.
    masked_labels: Buffer<i32>,
    pub(super) out: Buffer<f32>,
    pub(super) nearest: Buffer<i32>,
    pub(super) dense: Buffer<f32>,
    pub(super) sparse: Buffer<f32>,
    pub(super) classes: Buffer<u32>,
    pub(super) parameters: Buffer<f32>,
    pub(super) ends: Buffer<u32>,
    pub(super) doubles: Buffer<f64>,
    float16: Buffer<u16>,
    logits: Buffer<f32>,
    logits_gradient: Buffer<f32>,
    pub(super) scratch: Scratch,
}

#[wasm_bindgen]
impl Batch {
    /// Allocates a batch without rows.
    pub fn create() -> Option<Self> {
        fits::<Self>().then(Self::default)
    }

    /// Reserves memory for rows of `width` values with results of `out_width` values, and sets their number. Where
    /// memory does not suffice, the batch first gives back all that it has from earlier calls.
    pub fn reserve(&mut self, rows: usize, width: usize, out_width: usize) -> bool {
        self.weighted = false;
        let reserve = |batch: &mut Self| {
            batch.x.reserve(rows, width) && batch.labels.reserve(rows, 1) && batch.out.reserve(rows, out_width)
        };
        let fits = reserve(self) || {
            *self = Self::default();
            reserve(self)
        };
        if fits {
            (self.rows, self.width, self.out_width) = (rows, width, out_width);
        } else {
            *self = Self::default();
        }
        fits
    }

    /// Reserves memory for one array.
    pub fn reserve_array(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "BatchArray")] array: u32,
        len: usize,
    ) -> bool {
        match variant(array) {
            BatchArray::X => self.x.reserve(len, 1),
            BatchArray::Labels => self.labels.reserve(len, 1),
            BatchArray::SampleWeight => self.sample_weight.reserve(len, 1),
            BatchArray::Out => self.out.reserve(len, 1),
            BatchArray::Nearest => self.nearest.reserve(len, 1),
            BatchArray::DenseGradient => self.dense.reserve(len, 1),
            BatchArray::SparseGradient => self.sparse.reserve(len, 1),
            BatchArray::SparseClasses => self.classes.reserve(len, 1),
            BatchArray::Parameters => self.parameters.reserve(len, 1),
            BatchArray::Ends => self.ends.reserve(len, 1),
            BatchArray::Doubles => self.doubles.reserve(len, 1),
            BatchArray::Float16 => self.float16.reserve(len, 1),
            BatchArray::Logits => self.logits.reserve(len, 1),
            BatchArray::LogitsGradient => self.logits_gradient.reserve(len, 1),
        }
    }

    /// Sets whether the rows have weights in the next calls, and reserves memory for weights. On failure the rows have
    /// none.
    pub fn use_sample_weight(&mut self, weighted: bool) -> bool {
        self.weighted =
            weighted && self.sample_weight.reserve(self.rows, 1) && self.masked_labels.reserve(self.rows, 1);
        self.weighted == weighted
    }

    /// Address of an array. Later calls that reserve memory may move it.
    pub fn address(&mut self, #[wasm_bindgen(unchecked_param_type = "BatchArray")] array: u32) -> usize {
        match variant(array) {
            BatchArray::X => self.x.address(),
            BatchArray::Labels => self.labels.address(),
            BatchArray::SampleWeight => self.sample_weight.address(),
            BatchArray::Out => self.out.address(),
            BatchArray::Nearest => self.nearest.address(),
            BatchArray::DenseGradient => self.dense.address(),
            BatchArray::SparseGradient => self.sparse.address(),
            BatchArray::SparseClasses => self.classes.address(),
            BatchArray::Parameters => self.parameters.address(),
            BatchArray::Ends => self.ends.address(),
            BatchArray::Doubles => self.doubles.address(),
            BatchArray::Float16 => self.float16.address(),
            BatchArray::Logits => self.logits.address(),
            BatchArray::LogitsGradient => self.logits_gradient.address(),
        }
    }

    /// Bytes of all arrays and of the scratch memory.
    pub fn bytes(&mut self) -> usize {
        let floats = [&self.x, &self.sample_weight, &self.out, &self.dense, &self.sparse, &self.parameters];
        let logits = [&self.logits, &self.logits_gradient];
        let integers = [&self.labels, &self.masked_labels, &self.nearest];
        let others = self.classes.bytes() + self.ends.bytes() + self.doubles.bytes() + self.float16.bytes();
        floats.map(Buffer::bytes).iter().chain(&logits.map(Buffer::bytes)).sum::<usize>()
            + integers.map(Buffer::bytes).iter().sum::<usize>()
            + others
            + self.scratch.bytes()
    }

    /// Sets the number of rows, within the reserved memory.
    pub fn set_rows(&mut self, rows: usize) {
        self.rows = rows;
    }

    /// Rounds `len` values to half precision: `Float16` ← `Doubles`, to the nearest, ties to even.
    pub fn narrow(&mut self, len: usize) {
        float16::narrow(slice(&self.doubles, 0, len), slice_mut(&mut self.float16, 0, len));
    }

    /// Share of the known rows whose label is in `Nearest`.
    pub fn accuracy(&mut self) -> f64 {
        accuracy::accuracy(slice(&self.nearest, 0, self.rows), slice(&self.labels, 0, self.rows))
    }

    /// Computes the weights of the classes of `Labels` to `Parameters`; `Ends` is scratch. Both are [n_classes].
    pub fn class_weights(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "ClassWeighting")] weighting: u32,
        beta: f64,
        n_classes: usize,
    ) {
        let scheme = match variant(weighting) {
            ClassWeighting::Balanced => Scheme::Balanced,
            ClassWeighting::EffectiveNumber => Scheme::EffectiveNumber(beta),
        };
        let labels = slice(&self.labels, 0, self.rows);
        let counts = slice_mut(&mut self.ends, 0, n_classes);
        class_weights(labels, scheme, counts, slice_mut(&mut self.parameters, 0, n_classes));
    }

    /// Computes the softmax cross-entropy and ∂loss/∂logits, as `form` says. `Parameters` has the weights of the classes if
    /// `class_weighted`.
    pub fn cross_entropy(&mut self, n_classes: usize, smoothing: f64, class_weighted: bool, form: u32) -> f64 {
        let (rows, len) = (self.rows, self.rows * n_classes);
        let form: CrossEntropy = variant(form);
        let per_row = matches!(form, CrossEntropy::PerRow);
        let Parts { x, labels, sample_weight, out, parameters, logits, logits_gradient, .. } = self.parts();
        let (parameters, losses) = split_mut(parameters, if class_weighted || per_row { n_classes } else { 0 });
        let losses = slice_mut(losses, 0, if per_row { rows } else { 0 });
        let class = if class_weighted { slice(parameters, 0, n_classes) } else { &[] };
        let weights = Weights { class, sample: sample_weight };
        let (logits, grad) = if matches!(form, CrossEntropy::BesideX) {
            (Rows::new(slice(logits, 0, len), n_classes), slice_mut(logits_gradient, 0, len))
        } else {
            (x, out)
        };
        cross_entropy::cross_entropy::<Lanes>(logits, labels, weights, smoothing, grad, losses)
    }

    /// Replaces the distances in `Out` by probabilities, row by row.
    pub fn softmin(&mut self, temperature: f64) {
        let n_classes = self.out_width;
        softmin::softmin::<Lanes>(self.parts().out, n_classes, temperature);
    }

    /// Temperature of the distances in `Out` by the likelihood of `Labels`.
    pub fn fit_temperature(&mut self) -> f64 {
        let n_classes = self.out_width;
        let Parts { labels, out, .. } = self.parts();
        temperature::fit(out, labels, n_classes)
    }

    /// Joins two losses: returns softmax + λ·center, and scales ∂center/∂x in `Out` by λ.
    pub fn join_softmax_center(&mut self, softmax: f64, center: f64, lambda: f64) -> f64 {
        cross_entropy::join::<Lanes>(softmax, center, lambda, self.parts().out)
    }

    /// Radius that at most a share ν of the `len` ascending distances in `Out` exceeds.
    pub fn svdd_radius(&mut self, len: usize, nu: f64) -> f64 {
        deep_svdd::fit_radius(slice(&self.out, 0, len), nu)
    }
}

/// Arrays of a batch, borrowed separately.
pub(super) struct Parts<'a> {
    pub(super) x: Rows<'a>,
    /// Labels, unknown for rows of weight 0.
    pub(super) labels: &'a [i32],
    /// Weights of the rows; empty if they have none.
    pub(super) sample_weight: &'a [f32],
    pub(super) out: &'a mut [f32],
    pub(super) nearest: &'a mut [i32],
    pub(super) dense: &'a mut [f32],
    pub(super) sparse: &'a mut [f32],
    pub(super) classes: &'a mut [u32],
    pub(super) parameters: &'a mut [f32],
    pub(super) ends: &'a mut [u32],
    logits: &'a [f32],
    logits_gradient: &'a mut [f32],
    pub(super) scratch: &'a mut Scratch,
}

impl Batch {
    #[inline(never)]
    pub(super) fn parts(&mut self) -> Parts<'_> {
        let labels = slice(&self.labels, 0, self.rows);
        let (sample_weight, labels): (&[f32], &[i32]) = if self.weighted {
            let weights = slice(&self.sample_weight, 0, self.rows);
            mask_weightless_labels(labels, weights, slice_mut(&mut self.masked_labels, 0, self.rows));
            (weights, slice(&self.masked_labels, 0, self.rows))
        } else {
            (&[], labels)
        };
        Parts {
            x: Rows::new(slice(&self.x, 0, self.rows * self.width), self.width),
            labels,
            sample_weight,
            out: slice_mut(&mut self.out, 0, self.rows * self.out_width),
            nearest: &mut self.nearest,
            dense: &mut self.dense,
            sparse: &mut self.sparse,
            classes: &mut self.classes,
            parameters: &mut self.parameters,
            ends: &mut self.ends,
            logits: &self.logits,
            logits_gradient: &mut self.logits_gradient,
            scratch: &mut self.scratch,
        }
    }

    /// Reserves memory for ∂loss/∂centers and for the sums of the classes.
    pub(super) fn reserve_center_gradient(&mut self, form: Form, n_classes: usize) -> bool {
        let rows = form.rows(self.rows, n_classes);
        let gradient = if form == Form::Dense { &mut self.dense } else { &mut self.sparse };
        gradient.reserve(rows, self.width)
            && self.classes.reserve(rows + 1, 1)
            && self.scratch.reserve_sums(self.rows, n_classes, self.width)
    }
}
