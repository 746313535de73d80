//! Results of the kernels on native lanes, bit for bit, in `build/bits.json`: `test/contracts/determinism.test.ts`
//! compares them with the results of the WebAssembly build for the same inputs.
//!
//! Inputs of a shape [B, C, D]: centers `init::normal` with seed 1, x with seed 2, labels (i·7 + 3) mod (C + 1) − 1
//! (−1 is unknown), radius 0.5, α = 0.5. In other metrics, the penalty is half the square, the reduction 'batch', the
//! weight of class j is 1 + j mod 3 and that of row i is i mod 4; scores are by each metric, 'cac' by 'euclidean' alone,
//! with the radius 2, the fitted precision, and the temperature 0.75 for 'entropy'. Losses against proxies have class weights 0.5 + j mod 3; these, softmax
//! cross-entropy (x are logits of D classes) and Deep SVDD (of class 0, with radius 3) have sample weights 0.5 + i mod 2.
//! Statistics get the batch five times, with sample weights i mod 4 and the forgetting factor 0.75.
//!
//! A loss is written as the 64 bits of its float64, a matrix as the [`fnv1a`] hash of its bytes, all as 16 hexadecimal
//! digits. No value is NaN: its bits are not defined.

use crate::common::class_statistics::Owned;
use crate::common::{Batch, Case, Gradients, LossSpec, METRICS, REDUCTIONS, Radii, normal, softmin};
use crate::reference::PROXY_LOSSES;
use center_loss::detect::classify::Measure;
use center_loss::detect::score::Score;
use center_loss::distance::metric::Metric;
use center_loss::init;
use center_loss::loss::penalty::Penalty;
use center_loss::loss::reduction::{Labels, Loss, Reduction};
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;
use center_loss::statistics::class_statistics::Covariance;
use center_loss::update::averages::Rule;

/// Shapes [B, C, D] with every remainder that a loop can leave.
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

/// Shapes and seeds (C, D, seed) of orthogonal centers.
const ORTHOGONAL: [(usize, usize, u64); 7] =
    [(1, 1, 1), (3, 3, 2), (5, 8, 3), (8, 5, 4), (40, 64, 5), (70, 70, 6), (131, 99, 7)];

const METRIC_NAMES: [&str; 3] = ["sqeuclidean", "euclidean", "cosine"];

/// FNV-1a of 64 bits: hash ← (hash ⊕ byte) · 1099511628211 mod 2⁶⁴ for each byte, from 14695981039346656037.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> String {
    let start = 0xcbf2_9ce4_8422_2325_u64;
    let hash = bytes.fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("\"{hash:016x}\"")
}

fn hash(values: &[f32]) -> String {
    assert!(values.iter().all(|value| !value.is_nan()), "a NaN has no defined bits");
    fnv1a(values.iter().flat_map(|value| value.to_le_bytes()))
}

fn hash_classes(values: &[i32]) -> String {
    fnv1a(values.iter().flat_map(|value| value.to_le_bytes()))
}

fn bits(value: f64) -> String {
    assert!(!value.is_nan(), "a NaN has no defined bits");
    format!("\"{:016x}\"", value.to_bits())
}

/// The bits of a loss and its gradients as the start of a JSON object.
fn gradients(Gradients { loss, x, centers, .. }: &Gradients) -> String {
    format!(r#""loss":{},"gradX":{},"gradCenters":{}"#, bits(*loss), hash(x), hash(centers))
}

/// `first` + i mod `period`.
fn weights(count: usize, first: f32, period: usize) -> Vec<f32> {
    (0..count).map(|i| first + (i % period) as f32).collect()
}

fn batch([rows, n_classes, n_dim]: [usize; 3]) -> Batch {
    let labels: Vec<i32> = (0..rows).map(|row| ((row * 7 + 3) % (n_classes + 1)) as i32 - 1).collect();
    Batch::new(&normal(rows * n_dim, 2), &labels, &normal(n_classes * n_dim, 1), n_dim)
}

fn of_reduction(batch: &Batch, distmat: &[f32], name: &str, reduction: Reduction) -> String {
    let case = Case::floored(batch.clone(), 0.5, reduction);
    let labels = Labels::new(&batch.labels, batch.n_classes());
    let forward = Loss { radius: 0.5, reduction }.forward::<Lanes>(Rows::new(distmat, batch.n_classes()), &labels);
    let step = case.step(Rule::Wen(0.5));
    format!(
        r#"{{"reduction":"{name}","forward":{},"evaluate":{},"gradients":{{{}}},"step":{{"loss":{},"gradX":{},"centers":{}}}}}"#,
        bits(forward),
        bits(case.evaluate()),
        gradients(&case.gradients()),
        bits(step.loss),
        hash(&step.x),
        hash(&step.centers),
    )
}

fn of_metric(batch: &Batch, name: &str, metric: Metric) -> String {
    let radii = Radii::PerClass(vec![0.5; batch.n_classes()]);
    let spec = LossSpec::Center(metric, Penalty::HalfSquared, radii);
    let mut case = Case::new(batch.clone(), spec, Reduction::Batch);
    case.class_weight = weights(batch.n_classes(), 1.0, 3);
    case.batch.sample_weight = weights(batch.rows(), 0.0, 4);
    format!(
        r#"{{"metric":"{name}",{},"centers":{},"distances":{},"predict":{}}}"#,
        gradients(&case.gradients()),
        hash(&case.step(Rule::Mean(0.5)).centers),
        hash(&batch.distances(metric)),
        hash_classes(&batch.classify(Measure::Metric(metric), Score::Distance).1),
    )
}

fn of_scores(batch: &Batch) -> Vec<String> {
    let of = |name: &str, metric: &str, measure: Measure, score: Score| {
        let (scores, nearest) = batch.classify(measure, score);
        let (scores, nearest) = (hash(&scores), hash_classes(&nearest));
        format!(r#"{{"score":"{name}","metric":"{metric}","scores":{scores},"nearest":{nearest}}}"#)
    };
    let mut all = Vec::new();
    for (metric, name) in METRICS.into_iter().zip(METRIC_NAMES) {
        let mut scores = vec![("distance", Score::Distance), ("normalized", Score::Normalized(&[2.0]))];
        // The package refuses a score that compares classes for a single class.
        if batch.n_classes() > 1 {
            scores.extend([
                ("softmin", Score::Softmin(1.0)),
                ("entropy", Score::Entropy(0.75)),
                ("knn-centers", Score::KnnCenters),
            ]);
            scores.extend((metric == Metric::Euclidean).then_some(("cac", Score::Cac(1.0))));
        }
        all.extend(scores.into_iter().map(|(score, kind)| of(score, name, Measure::Metric(metric), kind)));
    }
    let (precision, known) = batch.fit_precision();
    all.extend((known > 0).then(|| of("mahalanobis", "", Measure::Weighted(&precision), Score::Distance)));
    all
}

fn of_shape(shape: [usize; 3]) -> String {
    let (batch, [b, c, d]) = (batch(shape), shape);
    let distmat = batch.squared_distances();
    let reductions = ["mean", "batch", "wen", "sum"].into_iter().zip(REDUCTIONS);
    let losses: Vec<_> = reductions.map(|(name, of)| of_reduction(&batch, &distmat, name, of)).collect();
    let metrics: Vec<_> = METRIC_NAMES.into_iter().zip(METRICS).map(|(name, of)| of_metric(&batch, name, of)).collect();
    format!(
        r#"{{"b":{b},"c":{c},"d":{d},"distances":{},"predict":{},"softmin":{},"losses":[{}],"metrics":[{}],"scores":[{}]}}"#,
        hash(&distmat),
        hash_classes(&batch.predict()),
        hash(&softmin(&distmat, c, 1.0)),
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

fn of_proxies(shape: [usize; 3]) -> String {
    let batch = batch(shape);
    let of = |spec: LossSpec, class_weight: Vec<f32>| {
        let mut case = Case { class_weight, ..Case::new(batch.clone(), spec, Reduction::Batch) };
        case.batch.sample_weight = weights(batch.rows(), 0.5, 2);
        case.gradients()
    };
    let proxies = PROXY_LOSSES.map(|(kind, parameter)| {
        let spec = LossSpec::Proxy(kind, parameter);
        format!(
            r#"{{"name":"{kind:?}","parameter":{parameter},{}}}"#,
            gradients(&of(spec, weights(batch.n_classes(), 0.5, 3)))
        )
    });
    let softmax = of(LossSpec::CrossEntropy(0.1), vec![]);
    let svdd = of(LossSpec::DeepSvdd { radius: 3.0, nu: 0.1 }, vec![]);
    format!(
        r#"{{"losses":[{}],"softmax":{{"loss":{},"gradLogits":{}}},"deepSVDD":{{"loss":{},"gradX":{},"gradRadius":{}}}}}"#,
        proxies.join(",\n  "),
        bits(softmax.loss),
        hash(&softmax.x),
        bits(svdd.loss),
        hash(&svdd.x),
        hash(&svdd.centers),
    )
}

fn of_statistics(shape: [usize; 3]) -> String {
    let mut batch = batch(shape);
    batch.sample_weight = weights(batch.rows(), 0.0, 4);
    let all = [("none", Covariance::None), ("diagonal", Covariance::Diagonal), ("tied", Covariance::Tied)];
    let all = all.map(|(name, covariance)| {
        let mut statistics = Owned::new(batch.n_classes(), batch.n_dim, covariance);
        (0..5).for_each(|_| statistics.add(&batch, 0.75));
        statistics.flush();
        let totals = fnv1a(statistics.totals.iter().flat_map(|value| value.to_le_bytes()));
        format!(r#"{{"covariance":"{name}","totals":{totals}}}"#)
    });
    format!("[{}]", all.join(","))
}

/// Writes the file that the tests of the WebAssembly build compare with: `cargo test -- --ignored write_bits`.
#[test]
#[ignore = "writes build/bits.json"]
fn write_bits() {
    let json = format!(
        "{{\"shapes\":[\n {}],\n\"orthogonal\":[\n {}],\n\"proxies\":[\n {}],\n\"statistics\":[\n {}]}}\n",
        SHAPES.map(of_shape).join(",\n "),
        ORTHOGONAL.map(of_orthogonal).join(",\n "),
        SHAPES.map(of_proxies).join(",\n "),
        SHAPES.map(of_statistics).join(",\n "),
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../build/bits.json");
    std::fs::write(path, json).expect("a folder `build`");
}
