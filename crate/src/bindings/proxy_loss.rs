//! Losses of rows against all centers, and Deep SVDD.

use wasm_bindgen::prelude::wasm_bindgen;

use super::batch::{Batch, Parts};
use super::centers::{Centers, Gradients};
use super::variant;
use crate::loss::ProxyLossKind;
use crate::loss::deep_svdd::Members;
use crate::loss::proxy::{self, Scratch, ScratchSizes};
use crate::loss::weights::Weights;
use crate::rows::shape::slice_mut;
use crate::simd::vector::Lanes;

#[wasm_bindgen]
impl Centers {
    /// Loss of the rows against all centers, and gradients: that of the centers is always dense, and fixed centers have
    /// none. Requires `prepare`.
    pub fn proxy_loss(
        &mut self,
        batch: &mut Batch,
        #[wasm_bindgen(unchecked_param_type = "ProxyLossKind")] kind: u32,
        parameter: f64,
        #[wasm_bindgen(unchecked_param_type = "Gradients")] gradients: u32,
    ) -> f64 {
        let kind: ProxyLossKind = variant(kind);
        let sizes = ScratchSizes::new(batch.rows, self.n_classes, self.n_dim);
        let Parts { x, labels, sample_weight, out, dense, ends, nearest, scratch, .. } = batch.parts();
        let rows = proxy::Batch {
            x,
            labels,
            centers: self.rows(),
            fixed: self.fixed,
            weights: Weights { class: &self.class_weight, sample: sample_weight },
            reduction: self.reduction,
        };
        let (grad_x, grad_centers, losses): (&mut [f32], &mut [f32], &mut [f32]) = match variant(gradients) {
            Gradients::None => (&mut [], &mut [], &mut []),
            Gradients::Losses => (&mut [], &mut [], slice_mut(out, 0, x.count())),
            Gradients::Rows => (out, &mut [], &mut []),
            Gradients::Dense | Gradients::Sparse | Gradients::Descent => {
                (out, slice_mut(dense, 0, self.params.len()), &mut [])
            }
        };
        let mut proxy_scratch = Scratch {
            distances: slice_mut(&mut scratch.values, 0, sizes.distances),
            row_accumulator: slice_mut(&mut scratch.totals, 0, sizes.row_accumulator),
            center_accumulator: slice_mut(&mut scratch.center_totals, 0, sizes.center_accumulator),
            center_sum: slice_mut(&mut scratch.lanes, 0, sizes.center_sum),
            links: slice_mut(ends, 0, sizes.links),
            nearest: slice_mut(nearest, 0, x.count()),
            losses,
        };
        kind.pass::<Lanes>(parameter, &rows, grad_x, grad_centers, &mut proxy_scratch)
    }

    /// Soft-boundary Deep SVDD loss about the first center. Writes ∂loss/∂x, or the losses of the rows, to `Out`, and
    /// ∂loss/∂radius to `Parameters` [1].
    pub fn deep_svdd(
        &mut self,
        batch: &mut Batch,
        radius: f64,
        nu: f64,
        #[wasm_bindgen(unchecked_param_type = "Gradients")] gradients: u32,
    ) -> f64 {
        let Parts { x, labels, sample_weight, out, parameters, .. } = batch.parts();
        let members = Members { x, labels, sample_weight };
        let gradients: Gradients = variant(gradients);
        if gradients == Gradients::Losses {
            members.row_losses::<Lanes>(&self.params, radius, nu, slice_mut(out, 0, x.count()));
            return 0.0;
        }
        let out = if gradients == Gradients::None { &mut [] } else { out };
        members.soft_boundary::<Lanes>(&self.params, radius, nu, out, slice_mut(parameters, 0, 1))
    }

    /// Sets the first center to the mean of the rows and returns their number; without rows the center stays. Requires
    /// `prepare`.
    pub fn fit_svdd_center(&mut self, batch: &mut Batch) -> usize {
        let Parts { x, labels, sample_weight, scratch, .. } = batch.parts();
        let sums = slice_mut(&mut scratch.totals, 0, self.n_dim);
        Members { x, labels, sample_weight }.fit_center(sums, &mut self.params)
    }

    /// Distances of the rows to the first center, written to `Out` [rows, 1]. Returns their number.
    pub fn svdd_distances(&mut self, batch: &mut Batch) -> usize {
        let Parts { x, labels, sample_weight, out, .. } = batch.parts();
        Members { x, labels, sample_weight }.distances::<Lanes>(&self.params, out)
    }
}
