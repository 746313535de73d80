//! Detection of unknown rows: the nearest class, a score that is larger for rows that look unknown, and its threshold.
//!
//! | what | formula | file |
//! |---|---|---|
//! | nearest center | argmin_j d_ij, the lowest j among equals | `nearest` |
//! | probabilities | p_ij = e^(−d_ij/T) / Σ_k e^(−d_ik/T) | `softmin` |
//! | temperature | argmin_T −Σ_i ln p_{i,y_i} | `temperature` |
//! | scores with the nearest class | a function of a row's distances to all centers | `score`, `classify` |
//! | decision | unknown where score > threshold | `classify` |
//! | tied diagonal precision | 1 / (Σ_i (x_ik − c_{y_i,k})² / n) | `precision` |
//! | threshold, p-values | order statistics of the scores of known rows | `threshold` |
//! | radii | quantiles of d(x_i, c_{y_i}) by class | `radii` |

pub mod classify;
pub mod nearest;
pub mod precision;
pub mod radii;
pub mod score;
pub mod softmin;
pub mod temperature;
pub mod threshold;
