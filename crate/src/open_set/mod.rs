//! The open-set head: losses beyond the core's, and the decision between a class and "unknown".
//!
//! A module of its own, `open-set.wasm`, so that who only trains with center loss need not load it. It works in the
//! memory of the core module, on the same centers. A score is the larger, the more a row looks unknown.
//!
//! | what | formula | file |
//! |---|---|---|
//! | closed-set accuracy | #{ŷ_i = y_i} / #{y_i ≥ 0} | `accuracy` |
//! | scores with the nearest class | a function of a row's distances d to all centers | `score`, `classify` |
//! | the decision | unknown where score > threshold | `classify` |
//! | tied diagonal precision | 1 / (Σ_i (x_ik − c_{y_i,k})² / n) | `precision` |
//! | threshold, p-values | order statistics of the scores of known rows | `quantile` |
//! | AUROC, AUPR, FPR at a TPR, OSCR | counts of known and unknown scores, in their order | `ranking` |
//!
//! `unit` (directions of rows) and `weighted` (distances by a precision) are what `classify` walks over beside the
//! core's distances.

pub mod accuracy;
pub mod classify;
pub mod metric;
pub mod precision;
pub mod quantile;
pub mod ranking;
pub mod score;
mod unit;
mod weighted;
