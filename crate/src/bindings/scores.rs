//! Thresholds and p-values of sorted scores of known rows.

use bytemuck::CheckedBitPattern;
use wasm_bindgen::prelude::wasm_bindgen;

use super::buffer::{Buffer, fits};
use super::variant;
use crate::detect::threshold;
use crate::rows::shape::{slice, slice_mut};

/// Arrays of [`Scores`], all `f64`.
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum ScoresArray {
    /// Scores of known rows, ascending.
    Known,
    /// Scores in any order, which become p-values.
    Unknown,
}

/// Scores of known and of unknown rows.
#[wasm_bindgen]
#[derive(Default)]
#[repr(align(16))]
pub struct Scores {
    n_known: usize,
    n_unknown: usize,
    known: Buffer<f64>,
    unknown: Buffer<f64>,
}

#[wasm_bindgen]
impl Scores {
    /// Allocates empty lists.
    pub fn create() -> Option<Self> {
        fits::<Self>().then(Self::default)
    }

    /// Reserves memory for both lists.
    pub fn reserve(&mut self, n_known: usize, n_unknown: usize) -> bool {
        (self.n_known, self.n_unknown) = (0, 0);
        let fits = self.known.reserve(n_known, 1) && self.unknown.reserve(n_unknown, 1);
        if fits {
            (self.n_known, self.n_unknown) = (n_known, n_unknown);
        }
        fits
    }

    /// Address of an array.
    pub fn address(&mut self, #[wasm_bindgen(unchecked_param_type = "ScoresArray")] array: u32) -> usize {
        match variant(array) {
            ScoresArray::Known => self.known.address(),
            ScoresArray::Unknown => self.unknown.address(),
        }
    }

    /// Smallest known score that at least a share `tpr` of the known scores does not exceed.
    pub fn threshold(&mut self, tpr: f64, finite_sample: bool) -> f64 {
        threshold::threshold(slice(&self.known, 0, self.n_known), tpr, finite_sample)
    }

    /// Replaces the unknown scores by conformal p-values against the known ones. With a seed other than NaN they are
    /// smoothed, by the stream of this number.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a seed is a whole number below 2^53")]
    pub fn p_values(&mut self, seed: f64, stream: u32) {
        let bits = (!seed.is_nan()).then(|| threshold::smoothing_bits(seed as u64, u64::from(stream)));
        let scores = slice_mut(&mut self.unknown, 0, self.n_unknown);
        threshold::p_values(slice(&self.known, 0, self.n_known), scores, bits);
    }
}
