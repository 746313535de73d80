//! The loss from embeddings, and its gradients.

use crate::center_gradient::CenterGradient;
use crate::groups::Groups;
use crate::loss::{Labels, Loss};
use crate::row_sum::RowSums;
use crate::shape::Rows;
use crate::sweep::{ClassSums, Purpose, sweep};
use crate::vector::Vector;

impl Loss {
    /// The loss from embeddings: O(B·D), one center a row, no distance matrix. Nothing is written to the centers.
    pub fn evaluate<V: Vector>(self, x: Rows, labels: &Labels, centers: &mut [f32]) -> f64 {
        sweep::<V>(self, x, labels, centers, &mut [], None)
    }

    /// The loss and ∂loss/∂x = 2w·(x − c), w the weight of one entry, for centers that do not move.
    pub fn gradient<V: Vector>(self, x: Rows, labels: &Labels, centers: &mut [f32], grad_x: &mut [f32]) -> f64 {
        sweep::<V>(self, x, labels, centers, grad_x, None)
    }

    /// The loss, ∂loss/∂x and ∂loss/∂c_j = −2w·Σ(x − c_j). Nothing is written to the centers.
    #[allow(clippy::too_many_arguments, reason = "a batch, its workspace and its results")]
    pub fn gradients<V: Vector>(
        self,
        x: Rows,
        labels: &Labels,
        centers: &mut [f32],
        groups: &mut Groups,
        grad_x: &mut [f32],
        sums: &mut RowSums,
        grad_centers: &mut CenterGradient,
    ) -> f64 {
        let purpose = Purpose::Gradient(grad_centers);
        sweep::<V>(self, x, labels, centers, grad_x, Some(ClassSums { groups, sums, purpose }))
    }
}
