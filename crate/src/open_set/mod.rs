//! The open-set head: losses beyond the core's, and the decision between a class and "unknown".
//!
//! A module of its own, `open-set.wasm`, so that who only trains with center loss need not load it. It works in the
//! memory of the core module, on the same centers.
//!
//! | what | formula | file |
//! |---|---|---|
//! | losses that separate classes | s·Σ_i w_i·ℓ(d_i1, …, d_iC; y_i) | `separation` |
//! | class anchor clustering | ℓ = log(1 + Σ_{j≠y} e^(d_y − d_j)) + λ·d_y, d Euclidean | `cac` |
//! | contrastive-center | ℓ = ½·d²_y / (Σ_{j≠y} d²_j + δ) | `contrastive_center` |
//! | triplet-center | ℓ = max(0, ½d²_y + m − min_{j≠y} ½d²_j) | `triplet_center` |
//! | island | ℓ = ½d²_y, and λ₁·Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1) | `island` |
//! | soft-boundary Deep SVDD | R² + 1/(ν·n)·Σ_i max(0, d²_i − R²) | `deep_svdd` |
//! | center steps | v ← μ·v + ∂loss/∂c, c ← c − η·v | `sgd` |
//! | softmax cross-entropy | −Σ_i log p_{i,y_i} / B, weighted and smoothed | `cross_entropy`, `likelihood` |
//! | closed-set accuracy | #{ŷ_i = y_i} / #{y_i ≥ 0} | `accuracy` |

pub mod accuracy;
pub mod cac;
pub mod contrastive_center;
pub mod cross_entropy;
pub mod deep_svdd;
pub mod island;
mod likelihood;
pub mod separation;
pub mod sgd;
pub mod triplet_center;
pub mod weights;
