//! Memory of the factors that whiten rows and centers.

use super::buffer::Buffer;
use crate::distance::whitened::{Lanes64, Whitened, factor_len};
use crate::rows::shape::slice;
use crate::simd::vector::LANES;

/// Factors of full covariances, each with the centers that it has whitened.
#[derive(Default)]
pub(super) struct Whitening {
    pub(super) classes: Buffer<Lanes64>,
    pub(super) background: Buffer<Lanes64>,
}

impl Whitening {
    /// Centers with the rows of a batch that `whiten` has whitened.
    pub(super) fn with<'a>(
        &'a self,
        (rows, n_classes, n_dim): (usize, usize, usize),
        lanes: &'a [Lanes64],
        totals: &'a [f64],
    ) -> Whitened<'a> {
        let width = n_dim.div_ceil(LANES);
        Whitened {
            rows: slice(lanes, 0, rows * width),
            centers: slice(&self.classes, factor_len(n_dim), n_classes * width),
            background: if self.background.is_empty() { &[] } else { slice(totals, 0, rows) },
        }
    }
}
