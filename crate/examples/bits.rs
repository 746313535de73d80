//! Prints what the kernels compute on native lanes, bit for bit, as one JSON document: a test of the WebAssembly build
//! computes the same from the same inputs and must print the same.
//!
//! Inputs of a shape [B, C, D]: centers `init::normal` with seed 1, x with seed 2, labels (i·7 + 3) mod (C + 1) − 1
//! (−1 is unknown), radius 0.5, α = 0.5. In other metrics, the penalty is half the square, the reduction 'batch', the
//! weight of class j is 1 + j mod 3 and that of row i is i mod 4; scores are by each metric, 'cac' by
//! 'euclidean' alone, with the radius 2 and the fitted precision. A loss is printed as the 64 bits of its float64, a matrix as the
//! [`fnv1a`] hash of its bytes, all as 16 hexadecimal digits. No value is NaN: its bits are not defined.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/decision.rs"]
mod decision;
#[path = "../tests/common/own_center.rs"]
mod own_batch;
#[path = "../tests/reference/own_center.rs"]
mod own_center;
#[path = "../tests/common/statistics.rs"]
mod own_statistics;
#[path = "bits/separation.rs"]
mod separation;
#[path = "bits/statistics.rs"]
mod statistics;

use center_loss::detect::classify::Measure;
use center_loss::detect::score::Score;
use center_loss::distance::metric::Metric;
use center_loss::distance::pairwise;
use center_loss::init;
use center_loss::loss::penalty::Penalty;
use center_loss::loss::reduction::{Loss, Reduction};
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use center_loss::update::averages::Rule;
use center_loss::update::center_gradient::Form;
use common::{Batch, normal, softmin};
use own_batch::Own;

/// Shapes [B, C, D] with every kind of rest that a loop can leave.
const SHAPES: [[usize; 3]; 12] = [
    [1, 1, 1],
    [2, 3, 2],
    [5, 7, 5],
    [1, 5, 4],
    [63, 4, 15],
    [65, 10, 33],
    [64, 10, 64],
    [33, 100, 128],
    [2, 66, 129],
    [7, 9, 1025],
    [3, 2, 2049],
    [130, 3, 17],
];

/// (C, D, seed) of orthogonal centers.
const ORTHOGONAL: [(usize, usize, u64); 7] =
    [(1, 1, 1), (3, 3, 2), (5, 8, 3), (8, 5, 4), (40, 64, 5), (70, 70, 6), (131, 99, 7)];

const REDUCTIONS: [(&str, Reduction); 4] =
    [("mean", Reduction::Mean), ("batch", Reduction::Batch), ("wen", Reduction::Wen), ("sum", Reduction::Sum)];

const METRICS: [(&str, Metric); 3] =
    [("sqeuclidean", Metric::SqEuclidean), ("euclidean", Metric::Euclidean), ("cosine", Metric::Cosine)];

/// FNV-1a of 64 bits: hash ← (hash ⊕ byte) · 1099511628211 mod 2⁶⁴ for each byte, from 14695981039346656037.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The hash of the values' little-endian bytes, in quotes.
fn hash(values: &[f32]) -> String {
    assert!(values.iter().all(|value| !value.is_nan()), "a NaN has no defined bits");
    quoted(fnv1a(values.iter().flat_map(|value| value.to_le_bytes())))
}

fn bits(value: f64) -> String {
    assert!(!value.is_nan(), "a NaN has no defined bits");
    quoted(value.to_bits())
}

fn quoted(bits: u64) -> String {
    format!("\"{bits:016x}\"")
}

fn batch([rows, n_classes, dim]: [usize; 3]) -> Batch {
    let label = |row| i32::try_from((row * 7 + 3) % (n_classes + 1)).expect("few classes") - 1;
    let (x, centers) = (normal(rows * dim, 2), normal(n_classes * dim, 1));
    Batch { x, labels: (0..rows).map(label).collect(), centers, dim }
}

fn of_loss(batch: &Batch, distmat: &[f32], name: &str, reduction: Reduction) -> String {
    let loss = Loss { radius: 0.5, reduction };
    let grad = batch.gradients(loss, Form::Dense);
    let step = batch.wen_step(loss, 0.5);
    format!(
        r#"{{"reduction":"{name}","forward":{},"evaluate":{},"gradients":{{"loss":{},"gradX":{},"gradCenters":{}}},"step":{{"loss":{},"gradX":{},"centers":{}}}}}"#,
        bits(batch.forward(loss, distmat)),
        bits(batch.evaluate(loss)),
        bits(grad.loss),
        hash(&grad.x),
        hash(&grad.centers),
        bits(step.loss),
        hash(&step.x),
        hash(&step.centers),
    )
}

fn of_metric(batch: &Batch, name: &str, metric: Metric) -> String {
    let small = |value: usize| f32::from(u8::try_from(value).expect("small"));
    let own = Own {
        radii: vec![0.5; batch.n_classes()],
        class_weight: (0..batch.n_classes()).map(|class| small(1 + class % 3)).collect(),
        sample_weight: (0..batch.rows()).map(|row| small(row % 4)).collect(),
        ..Own::plain(batch.clone(), metric, Penalty::HalfSquared, Reduction::Batch)
    };
    let (grad, step) = (own.gradients(Form::Dense), own.update(Rule::Mean(0.5)));
    let (x, centers) = (Rows::new(&batch.x, batch.dim), Rows::new(&batch.centers, batch.dim));
    let mut distmat = vec![0.0; x.count() * centers.count()];
    let mut room = vec![0.0; pairwise::scratch_len(metric, x.count(), centers.count(), batch.dim)];
    pairwise::distances::<Lanes>(metric, x, centers, &mut room, &mut distmat);
    let (_, classes) = decision::run(batch, Measure::Metric(metric), Score::Distance);
    format!(
        r#"{{"metric":"{name}","loss":{},"gradX":{},"gradCenters":{},"centers":{},"distances":{},"predict":{}}}"#,
        bits(grad.loss),
        hash(&grad.x),
        hash(&grad.centers),
        hash(&step.centers),
        hash(&distmat),
        quoted(fnv1a(classes.iter().flat_map(|class| class.to_le_bytes()))),
    )
}

fn of_score(batch: &Batch, score: &str, measure: Measure, of: Score) -> String {
    let (scores, nearest) = decision::run(batch, measure, of);
    let nearest = quoted(fnv1a(nearest.iter().flat_map(|class| class.to_le_bytes())));
    let metric = METRICS.iter().find(|(_, metric)| measure == Measure::Metric(*metric)).map_or("", |(name, _)| *name);
    format!(r#"{{"score":"{score}","metric":"{metric}","scores":{},"nearest":{nearest}}}"#, hash(&scores))
}

fn of_scores(batch: &Batch) -> Vec<String> {
    let mut all = Vec::new();
    for (_, metric) in METRICS {
        let mut of = |name, score| all.push(of_score(batch, name, Measure::Metric(metric), score));
        of("distance", Score::Distance);
        of("normalized", Score::Normalized(&[2.0]));
        of("softmin", Score::Softmin);
        of("entropy", Score::Entropy);
        if batch.n_classes() > 1 {
            of("knn-centers", Score::KnnCenters);
        }
        if metric == Metric::Euclidean {
            of("cac", Score::Cac);
        }
    }
    let (precision, known) = decision::fit(batch);
    if known > 0 {
        all.push(of_score(batch, "mahalanobis", Measure::Weighted(&precision), Score::Distance));
    }
    all
}

fn of_shape(shape: [usize; 3]) -> String {
    let batch = batch(shape);
    let [b, c, d] = shape;
    let distmat = batch.distances();
    let losses = REDUCTIONS.map(|(name, reduction)| of_loss(&batch, &distmat, name, reduction));
    let metrics = METRICS.map(|(name, metric)| of_metric(&batch, name, metric));
    format!(
        r#"{{"b":{b},"c":{c},"d":{d},"distances":{},"predict":{},"softmin":{},"losses":[{}],"metrics":[{}],"scores":[{}]}}"#,
        hash(&distmat),
        quoted(fnv1a(batch.predict().iter().flat_map(|class| class.to_le_bytes()))),
        hash(&softmin(&distmat, c)),
        losses.join(",\n  "),
        metrics.join(",\n  "),
        of_scores(&batch).join(",\n  "),
    )
}

fn of_orthogonal((c, d, seed): (usize, usize, u64)) -> String {
    let mut centers = vec![0.0; c * d];
    let mut scratch = vec![0.0; init::orthogonal_scratch_len(c, d)];
    init::orthogonal::<Lanes>(&mut centers, c, d, seed, &mut scratch);
    format!(r#"{{"c":{c},"d":{d},"seed":{seed},"hash":{}}}"#, hash(&centers))
}

fn main() {
    let shapes = SHAPES.map(of_shape).join(",\n ");
    let orthogonal = ORTHOGONAL.map(of_orthogonal).join(",\n ");
    let separation = SHAPES.map(|shape| separation::of_batch(&batch(shape))).join(",\n ");
    let statistics = SHAPES.map(|shape| statistics::of_batch(&batch(shape))).join(",\n ");
    println!(
        "{{\"shapes\":[\n {shapes}],\n\"orthogonal\":[\n {orthogonal}],\n\"separation\":[\n {separation}],\n\"statistics\":[\n {statistics}]}}"
    );
}
