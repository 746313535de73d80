//! Quality of decisions on labeled rows.
//!
//! | metric | formula | file |
//! |---|---|---|
//! | accuracy | #{ŷ_i = y_i} / #{y_i ≥ 0} | `accuracy` |

pub mod accuracy;
