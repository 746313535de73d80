//! Quality of decisions on labelled rows.
//!
//! | metric | formula | file |
//! |---|---|---|
//! | accuracy | #{ŷ_i = y_i} / #{y_i ≥ 0} | `accuracy` |

pub mod accuracy;
