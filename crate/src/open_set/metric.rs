//! Distances of one row to one center.
//!
//! | metric | d(x, c) |
//! |---|---|
//! | `SqEuclidean` | ‖x − c‖² |
//! | `Euclidean` | ‖x − c‖ |
//! | `Cosine` | 1 − cos(x, c) = ½‖u − v‖², u = x/‖x‖, v = c/‖c‖; 1 if either is zero |

/// How far a row is from a center.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// ‖x − c‖²
    SqEuclidean,
    /// ‖x − c‖
    Euclidean,
    /// 1 − cos(x, c)
    Cosine,
}
