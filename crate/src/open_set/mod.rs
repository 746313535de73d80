//! The open-set head: losses beyond the core's, and the decision between a class and "unknown".
//!
//! A module of its own, `open-set.wasm`, so that who only trains with center loss need not load it. It works in the
//! memory of the core module, on the same centers. A score is the larger, the more a row looks unknown.
//!
//! | what | formula | file |
//! |---|---|---|
//! | metric | ‖x − c‖², ‖x − c‖, 1 − cos(x, c) | `metric` (a pair), `matrix` (rows × centers) |
//! | penalty | e or ½e², e = max(d − r, 0) | `penalty` |
//! | weights | w_i = class[y_i]·sample[i] | `weights`, `class_weights` (from counts) |
//! | loss of the own centers | s·Σ w_i·ℓ(d(x_i, c_{y_i}), r_{y_i}), its gradients and updates | `center_loss` |
//! | center updates | SGD (averages: `crate::rules`) | `sgd` |
//! | radii | quantiles of d(x_i, c_{y_i}) a class | `radius` |
//! | half precision | binary16 from and to binary32 | `half` |
//! | losses that separate classes | s·Σ_i w_i·ℓ(d_i1, …, d_iC; y_i) | `separation` |
//! | class anchor clustering | ℓ = log(1 + Σ_{j≠y} e^(d_y − d_j)) + λ·d_y, d Euclidean | `cac` |
//! | contrastive-center | ℓ = ½·d²_y / (Σ_{j≠y} d²_j + δ) | `contrastive_center` |
//! | triplet-center | ℓ = max(0, ½d²_y + m − min_{j≠y} ½d²_j) | `triplet_center` |
//! | island | ℓ = ½d²_y, and λ₁·Σ_j Σ_{k≠j} (cos(c_j, c_k) + 1) | `island` |
//! | soft-boundary Deep SVDD | R² + 1/(ν·n)·Σ_i max(0, d²_i − R²) | `deep_svdd` |
//! | softmax cross-entropy | −Σ_i log p_{i,y_i} / B, weighted and smoothed | `cross_entropy`, `likelihood` |
//! | closed-set accuracy | #{ŷ_i = y_i} / #{y_i ≥ 0} | `accuracy` |
//! | scores with the nearest class | a function of a row's distances d to all centers | `score`, `classify` |
//! | the decision | unknown where score > threshold | `classify` |
//! | tied diagonal precision | 1 / (Σ_i (x_ik − c_{y_i,k})² / n) | `precision` |
//! | threshold, p-values | order statistics of the scores of known rows | `quantile` |
//! | AUROC, AUPR, FPR at a TPR, OSCR | counts of known and unknown scores, in their order | `ranking` |
//!
//! `directions` (distances by the cosine) is what `matrix` and `classify` have in common, `weighted` (distances by a
//! precision) what `classify` walks over beside the core's distances; `widened` sums rows in `f64`.

pub mod accuracy;
pub mod cac;
pub mod center_loss;
pub mod class_weights;
pub mod classify;
pub mod contrastive_center;
pub mod cross_entropy;
pub mod deep_svdd;
mod directions;
pub mod fingerprint;
pub mod half;
pub mod island;
mod likelihood;
pub mod matrix;
pub mod metric;
pub mod penalty;
pub mod precision;
pub mod quantile;
pub mod radius;
pub mod ranking;
mod run_sums;
mod scatter;
pub mod score;
pub mod separation;
pub mod sgd;
pub mod statistics;
pub mod triplet_center;
mod weighted;
pub mod weights;
mod widened;
