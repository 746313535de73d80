//! Losses of rows against all centers, and Deep SVDD.

use bytemuck::CheckedBitPattern;
use wasm_bindgen::prelude::wasm_bindgen;

use super::batch::{Batch, Parts};
use super::centers::{Centers, Gradients};
use super::variant;
use crate::loss::cac::Cac;
use crate::loss::contrastive_center::ContrastiveCenter;
use crate::loss::deep_svdd::Members;
use crate::loss::island::{HalfSquared, repulsion};
use crate::loss::proxy::{self, Room, RoomSizes, RowLoss, sweep};
use crate::loss::triplet_center::TripletCenter;
use crate::loss::weights::Weights;
use crate::rows::shape::part_mut;
use crate::simd::vector::Lanes;

/// Losses of rows against all centers.
#[wasm_bindgen]
#[derive(Clone, Copy, CheckedBitPattern)]
#[repr(u32)]
pub enum ProxyLossKind {
    /// Class anchor clustering; the parameter is λ.
    Cac,
    /// Contrastive-center loss; the parameter is δ.
    ContrastiveCenter,
    /// Triplet-center loss; the parameter is the margin.
    TripletCenter,
    /// Island loss; the parameter is λ₁.
    Island,
}

#[wasm_bindgen]
impl Centers {
    /// Loss of the rows against all centers, and gradients; those of the centers are always dense. `prepare` comes
    /// first.
    pub fn proxy_loss(
        &mut self,
        batch: &mut Batch,
        #[wasm_bindgen(unchecked_param_type = "ProxyLossKind")] kind: u32,
        parameter: f64,
        #[wasm_bindgen(unchecked_param_type = "Gradients")] gradients: u32,
    ) -> f64 {
        let kind: ProxyLossKind = variant(kind);
        let sizes = RoomSizes::new(batch.rows, self.n_classes, self.n_dim);
        let Parts { x, labels, sample_weight, out, dense, workspace, .. } = batch.parts();
        let rows = proxy::Batch {
            x,
            labels,
            centers: self.rows(),
            weights: Weights { class: &self.class_weight, sample: sample_weight },
            reduction: self.reduction,
        };
        let mut room = Room {
            distances: part_mut(&mut workspace.values, 0, sizes.distances),
            of_rows: part_mut(&mut workspace.totals, 0, sizes.of_rows),
            of_centers: part_mut(&mut workspace.center_totals, 0, sizes.of_centers),
        };
        let (grad_x, grad_centers): (&mut [f32], &mut [f32]) = match variant(gradients) {
            Gradients::None => (&mut [], &mut []),
            Gradients::Rows => (out, &mut []),
            Gradients::Dense | Gradients::Sparse | Gradients::Descent => (out, part_mut(dense, 0, self.params.len())),
        };
        let (cac, contrastive) = (Cac { lambda: parameter }, ContrastiveCenter { delta: parameter });
        let triplet = TripletCenter { margin: parameter };
        let loss: &dyn RowLoss = match kind {
            ProxyLossKind::Cac => &cac,
            ProxyLossKind::ContrastiveCenter => &contrastive,
            ProxyLossKind::TripletCenter => &triplet,
            ProxyLossKind::Island => &HalfSquared,
        };
        let loss = sweep::<Lanes>(loss, &rows, grad_x, grad_centers, &mut room);
        if !matches!(kind, ProxyLossKind::Island) {
            return loss;
        }
        let sum = part_mut(&mut workspace.lanes, 0, sizes.sum);
        loss + repulsion::<Lanes>(parameter, &rows, sum, grad_centers)
    }

    /// Soft-boundary Deep SVDD loss about the first center. Writes ∂loss/∂x to `Out` if `with_gradient`, and
    /// ∂loss/∂radius to `Parameters` [1].
    pub fn deep_svdd(&mut self, batch: &mut Batch, radius: f64, nu: f64, with_gradient: bool) -> f64 {
        let Parts { x, labels, sample_weight, out, parameters, .. } = batch.parts();
        let out = if with_gradient { out } else { &mut [] };
        let members = Members { x, labels, sample_weight };
        members.soft_boundary::<Lanes>(&self.params, radius, nu, out, part_mut(parameters, 0, 1))
    }

    /// Moves the first center to the mean of the rows and returns their number; without rows the center stays.
    /// `prepare` comes first.
    pub fn fit_svdd_center(&mut self, batch: &mut Batch) -> usize {
        let Parts { x, labels, sample_weight, workspace, .. } = batch.parts();
        let sums = part_mut(&mut workspace.totals, 0, self.n_dim);
        Members { x, labels, sample_weight }.fit_center(sums, &mut self.params)
    }

    /// Distances of the rows to the first center, written to `Out` [rows, 1]. Returns their number.
    pub fn svdd_distances(&mut self, batch: &mut Batch) -> usize {
        let Parts { x, labels, sample_weight, out, .. } = batch.parts();
        Members { x, labels, sample_weight }.distances::<Lanes>(&self.params, out)
    }
}
