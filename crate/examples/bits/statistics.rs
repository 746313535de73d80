//! The totals of statistics to which the batches of `bits.rs` were added five times, with sample weights i mod 4 and the
//! forgetting factor 0.75.

use center_loss::statistics::class_statistics::Covariance;

use super::common::Batch;
use super::own_statistics::{Batch as Arriving, Owned};
use super::{fnv1a, quoted};

pub(crate) fn of_batch(batch: &Batch) -> String {
    let weights = (0..batch.rows()).map(|row| f32::from(u8::try_from(row % 4).expect("small"))).collect();
    let arriving = Arriving { dim: batch.dim, x: batch.x.clone(), labels: batch.labels.clone(), weights };
    let all = [("none", Covariance::None), ("diagonal", Covariance::Diagonal), ("tied", Covariance::Tied)];
    let all = all.map(|(name, covariance)| {
        let mut statistics = Owned::new(batch.n_classes(), batch.dim, covariance);
        for _ in 0..5 {
            statistics.add(&arriving, 0.75);
        }
        statistics.settle();
        let totals = quoted(fnv1a(statistics.totals.iter().flat_map(|value| value.to_le_bytes())));
        format!(r#"{{"covariance":"{name}","totals":{totals}}}"#)
    });
    format!("[{}]", all.join(","))
}
