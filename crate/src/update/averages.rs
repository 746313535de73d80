//! Averaging rules: each moves a center towards the mean of its rows.
//!
//! | rule | c_j ← | source |
//! |---|---|---|
//! | `Wen` | c_j − α·Σ(c_j − x_i)/(1 + n_j) | Wen et al., ECCV 2016, eq. 4 |
//! | `Mean` | c_j − α·Σ(c_j − x_i)/n_j | Wen et al., IJCV 2019 |
//! | `Ema` | m·c_j + (1 − m)·Σ x_i/n_j | moving average, as `center_loss_alfa` of facenet for one row |
//!
//! All n_j rows of the class in the batch count, also those within the radius, regardless of their weights. Rows
//! farther than 10³⁰, or at a distance that is not finite, do not count. A class without rows stays.

/// Averaging rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Rate α.
    Wen(f64),
    /// Rate α.
    Mean(f64),
    /// Momentum m.
    Ema(f64),
}

impl Rule {
    /// Factor of Σ(x − c) over `rows` rows; there is at least one.
    pub(crate) fn rate(self, rows: u32) -> f64 {
        let (rate, prior) = match self {
            Self::Wen(alpha) => (alpha, 1.0),
            Self::Mean(alpha) => (alpha, 0.0),
            Self::Ema(momentum) => (1.0 - momentum, 0.0),
        };
        rate / (prior + f64::from(rows))
    }
}
