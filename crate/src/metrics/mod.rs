//! Quality of decisions on labeled rows.
//!
//! | metric | formula | file |
//! |---|---|---|
//! | accuracy | #{ŷ_i = y_i} / #{y_i ≥ 0} | `accuracy` |
//! | AUROC, AUPR, FPR at a TPR, OSCR | counts of known and unknown scores, in their order | `roc` |

pub mod accuracy;
pub mod roc;
