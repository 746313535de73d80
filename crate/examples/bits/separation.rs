//! The losses that separate classes, softmax cross-entropy and Deep SVDD on the batches of `bits.rs`, with class weights
//! 0.5 + j mod 3 and sample weights 0.5 + i mod 2. Logits are x as rows of D classes, center and radius of Deep SVDD
//! those of class 0 and 3.

use center_loss::loss::cac::Cac;
use center_loss::loss::contrastive_center::ContrastiveCenter;
use center_loss::loss::cross_entropy::cross_entropy;
use center_loss::loss::deep_svdd::Members;
use center_loss::loss::island::{HalfSquared, repulsion};
use center_loss::loss::proxy::{Batch as View, ProxyLoss, Scratch, ScratchSizes, proxy_pass};
use center_loss::loss::reduction::Reduction;
use center_loss::loss::triplet_center::TripletCenter;
use center_loss::loss::weights::Weights;
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::{LANES, Lanes};

use super::common::Batch;
use super::{bits, hash};

#[allow(clippy::cast_precision_loss, reason = "small numbers")]
fn weights(count: usize, period: usize) -> Vec<f32> {
    (0..count).map(|i| 0.5 + (i % period) as f32).collect()
}

pub(crate) fn of_batch(batch: &Batch) -> String {
    let (class, sample) = (weights(batch.n_classes(), 3), weights(batch.rows(), 2));
    let weights = Weights { class: &class, sample: &sample };
    let losses: [(&str, &dyn ProxyLoss); 4] = [
        ("CACLoss", &Cac { lambda: 0.1 }),
        ("ContrastiveCenterLoss", &ContrastiveCenter { delta: 1.0 }),
        ("TripletCenterLoss", &TripletCenter { margin: 5.0 }),
        ("IslandLoss", &HalfSquared),
    ];
    let losses = losses.map(|(name, loss)| of_loss(batch, weights, name, loss)).join(",\n  ");
    let mut grad = vec![0.0; batch.x.len()];
    let samples = Weights { class: &[], sample: &sample };
    let x = Rows::new(&batch.x, batch.dim);
    // Labels from D on have no class here.
    let softmax = cross_entropy::<Lanes>(x, &batch.labels, samples, 0.1, &mut grad);
    let gradient = hash(&grad);
    let members = Members { x, labels: &batch.labels, sample_weight: &sample };
    let mut of_radius = [0.0];
    let svdd = members.soft_boundary::<Lanes>(&batch.centers[..batch.dim], 3.0, 0.1, &mut grad, &mut of_radius);
    format!(
        r#"{{"losses":[{losses}],"softmax":{{"loss":{},"gradLogits":{gradient}}},"deepSVDD":{{"loss":{},"gradX":{},"gradRadius":{}}}}}"#,
        bits(softmax),
        bits(svdd),
        hash(&grad),
        hash(&of_radius),
    )
}

fn of_loss(batch: &Batch, weights: Weights, name: &str, loss: &dyn ProxyLoss) -> String {
    let sizes = ScratchSizes::new(batch.rows(), batch.n_classes(), batch.dim);
    let mut room = Scratch {
        distances: &mut vec![0.0; sizes.distances],
        row_accumulator: &mut vec![0.0; sizes.row_accumulator],
        center_accumulator: &mut vec![0.0; sizes.center_accumulator],
    };
    let view = View {
        x: Rows::new(&batch.x, batch.dim),
        labels: &batch.labels,
        centers: Rows::new(&batch.centers, batch.dim),
        weights,
        reduction: Reduction::Batch,
    };
    let (mut grad_x, mut grad_centers) = (vec![0.0; batch.x.len()], vec![0.0; batch.centers.len()]);
    let mut value = proxy_pass::<Lanes>(loss, &view, &mut grad_x, &mut grad_centers, &mut room);
    if name == "IslandLoss" {
        value += repulsion::<Lanes>(10.0, &view, &mut vec![[0.0; LANES]; batch.dim.div_ceil(LANES)], &mut grad_centers);
    }
    format!(
        r#"{{"name":"{name}","loss":{},"gradX":{},"gradCenters":{}}}"#,
        bits(value),
        hash(&grad_x),
        hash(&grad_centers)
    )
}
