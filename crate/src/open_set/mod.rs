//! The open-set head: from distances to the decision "class k" or "unknown".
//!
//! A score is the larger, the more a row looks unknown: every sign here follows from that.
//!
//! | what | formula | file |
//! |---|---|---|
//! | scores with the nearest class | a function of a row's distances d to all centers | `score`, `classify` |
//! | the decision | unknown where score > threshold | `classify` |
//! | tied diagonal precision | 1 / (Σ_i (x_ik − c_{y_i,k})² / n) | `precision` |
//! | threshold, p-values | order statistics of the scores of known rows | `quantile` |
//! | AUROC, AUPR, FPR at a TPR, OSCR | counts of known and unknown scores, in their order | `ranking` |
//!
//! `unit` (directions of rows) and `weighted` (distances by a precision) are what `classify` walks over beside the
//! core's distances.

pub mod classify;
pub mod metric;
pub mod precision;
pub mod quantile;
pub mod ranking;
pub mod score;
mod unit;
mod weighted;
