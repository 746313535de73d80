//! Losses, with the gradients of rows and centers.
//!
//! s: scale by reduction; w_i = class[y_i]·sample[i]: weight of a row; d_ij: distance of row i to center j.
//!
//! | loss | formula | file |
//! |---|---|---|
//! | center loss, squared distances | s·Σ_i max(d_{i,y_i} − r, 0) | `reduction` (value, slope), `squared_center_loss` (gradients) |
//! | center loss, any metric | s·Σ_i w_i·ℓ(d_{i,y_i}, r_{y_i}) | `center_loss` |
//! | penalty ℓ | e or ½e², e = max(d − r, 0) | `penalty` |
//! | losses of a row against all centers | s·Σ_i w_i·ℓ(d_i1, …, d_iC; y_i) | `proxy` |
//! | class anchor clustering | ℓ = log(1 + Σ_{j≠y} e^(d_y − d_j)) + λ·d_y, d Euclidean | `cac`, `anchors` (centers on axes) |
//! | distance cross-entropy | ℓ = −log softmin_y(d/T), d Euclidean or its square | `cac`, `anchors` |
//! | contrastive-center | ℓ = ½·d²_y / (Σ_{j≠y} d²_j + δ) | `contrastive_center` |
//! | triplet-center | ℓ = max(0, ½d²_y + m − min_{j≠y} ½d²_j) | `triplet_center` |
//! | island | ℓ = ½d²_y, and λ₁·Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1) | `island` |
//! | soft-boundary Deep SVDD | R² + 1/(ν·n)·Σ_i max(0, d²_i − R²) | `deep_svdd` |
//! | softmax cross-entropy | −Σ_i log p_{i,y_i} / B, weighted and smoothed | `cross_entropy`, `softmin_state` |
//! | weights | class[y_i]·sample[i] | `weights`, `class_weights` (from counts) |
//!
//! `batch_pass` walks over a batch once for the loss, the gradients and the update of a center loss. `class_rows` has the
//! rows of each class for a loss whose sums over all centers have a closed form.

pub(crate) mod anchors;
pub mod batch_pass;
pub(crate) mod cac;
pub mod center_loss;
pub(crate) mod class_rows;
pub mod class_weights;
pub(crate) mod contrastive_center;
pub mod cross_entropy;
pub mod deep_svdd;
pub mod island;
pub mod penalty;
pub mod proxy;
pub mod reduction;
pub(crate) mod softmin_state;
pub(crate) mod squared_center_loss;
pub(crate) mod triplet_center;
pub mod weights;

use cac::Cac;
use contrastive_center::ContrastiveCenter;
use island::island;
use proxy::{Batch, Scratch, proxy_pass};
use triplet_center::TripletCenter;

use crate::simd::vector::Vector;

/// Losses of rows against all centers. Each has one parameter.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen::prelude::wasm_bindgen, derive(bytemuck::CheckedBitPattern))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ProxyLossKind {
    /// Class anchor clustering; the parameter is λ.
    Cac,
    /// Distance cross-entropy of Euclidean distances; the parameter is T.
    DistanceCrossEntropy,
    /// Distance cross-entropy of squared distances; the parameter is T.
    SquaredDistanceCrossEntropy,
    /// Contrastive-center loss; the parameter is δ.
    ContrastiveCenter,
    /// Triplet-center loss; the parameter is the margin.
    TripletCenter,
    /// Island loss; the parameter is λ₁.
    Island,
}

impl ProxyLossKind {
    /// Computes the loss of a batch and its gradients: see [`proxy_pass`].
    pub fn pass<V: Vector>(
        self,
        parameter: f64,
        batch: &Batch,
        grad_x: &mut [f32],
        grad_centers: &mut [f32],
        scratch: &mut Scratch,
    ) -> f64 {
        let is_squared = self == Self::SquaredDistanceCrossEntropy;
        match self {
            Self::Cac | Self::DistanceCrossEntropy | Self::SquaredDistanceCrossEntropy => {
                let cac = if self == Self::Cac {
                    Cac { lambda: parameter, temperature: 1.0, is_squared, skips: batch.fixed }
                } else {
                    Cac { lambda: 0.0, temperature: parameter, is_squared, skips: false }
                };
                proxy_pass::<V>(cac, batch, grad_x, grad_centers, scratch)
            }
            Self::ContrastiveCenter => {
                ContrastiveCenter { delta: parameter }.pass::<V>(batch, grad_x, grad_centers, scratch)
            }
            Self::TripletCenter => TripletCenter { margin: parameter }.pass::<V>(batch, grad_x, grad_centers, scratch),
            Self::Island => island::<V>(parameter, batch, grad_x, grad_centers, scratch),
        }
    }
}
