//! Distances of rows to centers.
//!
//! | distance | formula | file |
//! |---|---|---|
//! | all pairs | ‖x_i − c_j‖² | `squared_euclidean` |
//! | many pairs | ‖x‖² + ‖c‖² − 2x·c; `refine` computes doubtful ones again | `gemm`, on `packing` and `micro_kernel` |
//! | few rows | Σ_k (x_ik − c_jk)², in blocks of centers | `blocked` |
//! | few dimensions | Σ_k (x_ik − c_jk)², with a center in each lane | `center_lanes` |
//! | nearest center of one row | Σ_k (x_ik − c_jk)², ended early for far centers | `partial_search` |
//! | nearest center of many rows | the same, of the centers that products of integers leave | `quantized_search` |
//! | nearest center of one row, from codes | bounds in whole numbers, then Σ_k (x_ik − c_jk)² of centers in doubt | `coded` |
//! | one pair in a metric | ‖x − c‖², ‖x − c‖, 1 − cos(x, c) | `metric` |
//! | all pairs in a metric | the same | `pairwise` |
//! | all pairs by cosine | 1 − cos(x, c) | `cosine` |
//! | all pairs by a diagonal precision p | Σ_k p_k·(x_k − c_k)² | `mahalanobis` |
//! | all pairs by a covariance Σ | (x − c)ᵀ·Σ⁻¹·(x − c) | `whitened` |

pub(crate) mod blocked;
pub(crate) mod center_lanes;
pub mod coded;
pub(crate) mod cosine;
pub mod gemm;
pub(crate) mod mahalanobis;
pub mod metric;
pub(crate) mod micro_kernel;
pub(crate) mod packing;
pub mod pairwise;
pub(crate) mod partial_search;
pub(crate) mod quantized_search;
pub(crate) mod refine;
pub mod squared_euclidean;
pub mod whitened;
