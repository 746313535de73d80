//! Cost of the distance of a row to its own center.
//!
//! With the excess e = max(d − r, 0) over the radius:
//!
//! | penalty | value | slope | source |
//! |---|---|---|---|
//! | `Hinge` | e | 1 where e > 0 | pytorch-ood 0.4.0, with the squared distance |
//! | `HalfSquared` | ½e² | e | Wen et al., IJCV 2019, with the distance: smooth at the radius |

/// Cost of an excess e over the radius.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen::prelude::wasm_bindgen, derive(bytemuck::CheckedBitPattern))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Penalty {
    /// e
    Hinge,
    /// ½e²
    HalfSquared,
}

impl Penalty {
    /// Cost of a distance, and its slope: (0, 0) up to the radius. A distance of NaN costs NaN.
    pub(crate) fn cost_and_slope(self, distance: f64, radius: f64) -> (f64, f64) {
        let excess = distance - radius;
        if excess <= 0.0 {
            return (0.0, 0.0);
        }
        match self {
            Self::Hinge => (excess, 1.0),
            Self::HalfSquared => (0.5 * excess * excess, excess),
        }
    }
}
