//! Distances of rows to centers and the nearest centers against float64: direct sums, matrix multiplication where a
//! batch is large, and partial search where one row meets many centers.

use crate::common::{Batch, DIMS, METRICS, TOLERANCE, assert_close, assert_matrix_close, assert_same_bits, normal};
use crate::reference::{self, Matrix, distance, matrix};
use center_loss::detect::classify::Measure;
use center_loss::detect::nearest;
use center_loss::detect::score::Score;
use center_loss::distance::gemm;
use center_loss::distance::metric::Metric;
use center_loss::rows::walk::{BLOCK_DIMS, squared_distance, squared_distances};
use center_loss::simd::vector::{LANES, Lanes};

/// Class of the least distance in float32, the lowest among equals.
fn argmin(distances: &[f32]) -> i32 {
    reference::nearest(&matrix(distances, distances.len())[0])
}

fn truth(batch: &Batch, metric: Metric) -> Matrix {
    reference::distances(metric, &matrix(&batch.x, batch.n_dim), &matrix(&batch.centers, batch.n_dim))
}

/// Checks squared distances, and that the nearest class is the one of a single row, which is computed by direct sums.
fn check(batch: &Batch, what: &str) {
    let (distmat, classes, truth) = (batch.squared_distances(), batch.predict(), truth(batch, Metric::SqEuclidean));
    let what = format!("{what}, {}", batch.shape());
    assert_matrix_close(&distmat, &truth, &truth, TOLERANCE, &what);
    for (row, distances) in distmat.chunks(batch.n_classes()).enumerate() {
        let direct = batch.select(&[row]).squared_distances();
        let nearest = argmin(&direct);
        assert_eq!(classes[row], nearest, "row {row}, {what}");
        assert_eq!(argmin(distances), nearest, "argmin of the matrix, row {row}, {what}");
        if let Ok(nearest) = usize::try_from(nearest) {
            assert_eq!(distances[nearest].to_bits(), direct[nearest].to_bits(), "least of row {row}, {what}");
        }
    }
}

#[test]
fn squared_distances_of_every_shape() {
    for n_dim in DIMS {
        for n_classes in [1, 2, 3, 4, 5, 8, 9] {
            for rows in [1, 2, 3, 63, 64, 65, 129] {
                check(&Batch::random(rows, n_classes, n_dim, (rows * 31 + n_classes * 7 + n_dim) as u64), "random");
            }
        }
    }
    // At the end of a block of centers and past it: 16 KiB, of 64 centers at most.
    for n_dim in [3, 64, 65, 128, 129, 512, 1024, 1025, 2049] {
        let block = (4096 / n_dim).clamp(4, 64);
        for (n_classes, rows) in [block, block + 1, 2 * block + 1].into_iter().flat_map(|c| [(c, 1), (c, 2), (c, 65)]) {
            check(&Batch::random(rows, n_classes, n_dim, 3), "random");
        }
    }
    assert!(
        [BLOCK_DIMS - 1, BLOCK_DIMS, BLOCK_DIMS + 1, 2 * BLOCK_DIMS + 1, LANES - 1, LANES + 1]
            .iter()
            .all(|dim| DIMS.contains(dim))
    );
}

/// Name of a layout, and the change that it makes to a random batch.
type Layout = (&'static str, fn(&mut Batch));

/// Layouts of rows and centers.
const LAYOUTS: [Layout; 12] = [
    ("random", |_| {}),
    ("rows close to centers", |batch| batch.near_centers(1e-3)),
    ("tight clusters far from the origin", |batch| {
        batch.near_centers(0.01);
        batch.values_mut().for_each(|value| *value += 100.0);
    }),
    ("far tight clusters", |batch| {
        batch.near_centers(1.0);
        batch.values_mut().for_each(|value| *value += 1e5);
    }),
    ("rows on centers", |batch| batch.near_centers(0.0)),
    ("all centers close to each other", |batch| {
        let first = batch.center(0).to_vec();
        for (place, value) in batch.centers.iter_mut().enumerate() {
            *value = first[place % first.len()] + *value * 1e-3;
        }
        batch.near_centers(1e-3);
    }),
    ("every center twelve times, more than a search by integers keeps", |batch| {
        for class in 0..batch.n_classes() {
            let twin = batch.center(class / 12 * 12).to_vec();
            batch.center_mut(class).copy_from_slice(&twin);
        }
    }),
    ("every center with a twin that integers can't tell from it", |batch| {
        for class in (1..batch.n_classes()).step_by(2) {
            let twin = batch.center(class - 1).to_vec();
            for (value, twin) in batch.center_mut(class).iter_mut().zip(twin) {
                *value = twin + *value * 1e-5;
            }
        }
        batch.near_centers(0.5);
    }),
    ("tiny", |batch| batch.values_mut().for_each(|value| *value *= 1e-18)),
    ("huge", |batch| batch.values_mut().for_each(|value| *value *= 1e16)),
    ("norms that overflow when added, distances that do not", |batch| {
        // Rows and every fifth center are close together, the other centers are around the origin.
        let (n_dim, common) = (batch.n_dim, normal(batch.n_dim, 9));
        let is_beside = |class: usize| class % 5 == 1;
        let beside = |place: usize, value: f32| 0.8 * common[place % n_dim] + 0.6 * value;
        batch.x.iter_mut().enumerate().for_each(|(place, value)| *value = beside(place, *value));
        for (place, value) in batch.centers.iter_mut().enumerate() {
            *value = if is_beside(place / n_dim) { beside(place, *value) } else { *value * 0.1 };
        }
        let farthest = batch.squared_distances().into_iter().fold(0.0, f32::max);
        batch.values_mut().for_each(|value| *value *= (3.3e38 / farthest).sqrt());
    }),
    ("one center far out", |batch| batch.center_mut(3).iter_mut().for_each(|value| *value *= 1e6)),
];

fn check_every_layout(rows: usize, n_classes: usize, n_dim: usize) {
    for (name, change) in LAYOUTS {
        let mut batch = Batch::random(rows, n_classes, n_dim, (rows * 31 + n_classes * 7 + n_dim) as u64);
        change(&mut batch);
        check(&batch, name);
    }
}

/// Shapes around the start of matrix multiplication, and around its tiles (4 × 8), blocks (32 centers or 16,384 values),
/// groups (256 rows) and runs (32 dimensions).
#[test]
fn large_batches_of_every_layout() {
    let multiplies = |rows, n_classes, n_dim| gemm::scratch_len(rows, n_classes, n_dim) > 0;
    assert!(multiplies(24, 96, 16) && multiplies(24, 96, 1025));
    assert!(!multiplies(23, 96, 16) && !multiplies(24, 95, 16) && !multiplies(24, 96, 15));
    for rows in [23, 24, 25, 26, 27, 255, 256, 257, 259, 260] {
        check_every_layout(rows, 97, 17);
    }
    for n_classes in [95, 96, 97, 99, 100, 103, 104, 105, 128, 129] {
        check_every_layout(25, n_classes, 33);
    }
    // Around the start of the search by integers, and around its tiles (4 × 8), blocks (32 centers) and groups (512 rows).
    let searches = |rows, n_classes, n_dim| nearest::scratch_len(rows, n_classes, n_dim) > 0;
    assert!(searches(16, 24, 16) && !searches(15, 24, 16) && !searches(16, 23, 16) && !searches(16, 24, 15));
    for (rows, n_classes) in [(16, 24), (17, 25), (19, 31), (20, 32), (18, 33), (511, 41), (512, 40), (517, 24)] {
        check_every_layout(rows, n_classes, 18);
    }
    for n_dim in
        [15, 16, 17, 18, 19, 31, 32, 33, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1023, 1024, 1025, 2047, 2049]
    {
        check_every_layout(24, 97, n_dim);
    }
}

/// Shapes around the start of partial search, for few rows among many centers.
#[test]
fn single_rows_of_every_layout() {
    assert!(nearest::scratch_len(3, 64, 64) > 0 && nearest::scratch_len(4, 64, 64) == 0);
    for n_classes in [63, 64, 65, 66, 67, 68, 131] {
        for n_dim in [63, 64, 65, 127, 128, 129, 255, 256, 257, 300, 513, 1025] {
            for rows in [1, 2, 3, 4] {
                check_every_layout(rows, n_classes, n_dim);
            }
        }
    }
}

/// Rows × centers in every metric, and the nearest class as classification gives it.
fn check_metric(batch: &Batch, metric: Metric) {
    let (distmat, truth, what) = (batch.distances(metric), truth(batch, metric), batch.shape());
    let (least, classes) = batch.classify(Measure::Metric(metric), Score::Distance);
    // The rounding of a direction changes a distance in proportion to its root.
    let rounding = |d: f64| if metric == Metric::Cosine { (3e-7 * d.sqrt() + 1e-14) / TOLERANCE } else { 0.0 };
    let scale: Matrix = truth.iter().map(|row| row.iter().map(|d| d + rounding(*d)).collect()).collect();
    assert_matrix_close(&distmat, &truth, &scale, TOLERANCE, format_args!("{metric:?}, {what}"));
    for (row, distances) in distmat.chunks(batch.n_classes()).enumerate() {
        let class = usize::try_from(classes[row]).expect("finite distances");
        let first = argmin(distances);
        // Two squares can have the same root: then the lower class need not be the nearer.
        if metric != Metric::Euclidean {
            assert_eq!(classes[row], first, "{metric:?}, row {row}, {what}");
        }
        assert_eq!(distances[class].to_bits(), distances[first as usize].to_bits(), "{metric:?}, row {row}, {what}");
        if metric == Metric::Cosine {
            assert_eq!(distances[class].to_bits(), least[row].to_bits(), "row {row}, {what}");
        }
    }
}

#[test]
fn distances_in_every_metric() {
    for n_dim in [1, 2, 3, 4, 5, 13, 14, 15, 16, 17, 31, 33, 127, 128, 129, 513] {
        for (rows, n_classes) in [(1, 1), (2, 3), (5, 4), (3, 5), (7, 65), (24, 96), (65, 130), (1, 200)] {
            let mut batch = Batch::random(rows, n_classes, n_dim, 3);
            batch.row_mut(rows - 1).fill(0.0);
            if n_classes > 1 {
                batch.center_mut(1).fill(0.0);
            }
            for metric in METRICS {
                check_metric(&batch, metric);
            }
        }
    }
}

#[test]
fn a_zero_vector_is_at_one_from_all_directions() {
    for n_dim in [1, 2, 4, 7] {
        let mut batch = Batch::of_one_class(3, 3, n_dim, 1);
        batch.row_mut(1).fill(0.0);
        batch.center_mut(0).fill(0.0);
        let distmat = batch.distances(Metric::Cosine);
        assert_same_bits(&distmat[3..6], &[1.0; 3], "the zero row");
        assert_same_bits(&[distmat[0], distmat[6]], &[1.0; 2], "the zero center");
    }
}

/// Several centers are as near as directions in float32 can tell, with and without matrix multiplication.
#[test]
fn the_nearest_directions_are_those_of_float64() {
    for (rows, n_classes, n_dim) in [(1, 2, 7), (1, 7, 3), (5, 30, 7), (70, 130, 17), (30, 100, 33)] {
        for seed in 0..20 {
            let mut batch = Batch::random(rows, n_classes, n_dim, seed);
            for class in (1..n_classes).filter(|class| class % 3 != 0) {
                for k in 0..n_dim {
                    let value = batch.center(class / 3 * 3)[k];
                    let other = if (class + k) % 3 == 0 { value.next_up() } else { value };
                    batch.center_mut(class)[k] = other * (1 + class % 3) as f32;
                }
            }
            check_metric(&batch, Metric::Cosine);
            let (least, classes) = batch.classify(Measure::Metric(Metric::Cosine), Score::Distance);
            for (row, exact) in truth(&batch, Metric::Cosine).iter().enumerate() {
                let want = exact.iter().copied().fold(f64::INFINITY, f64::min);
                // The kernel sums in another order, so the last bit of float32 is in doubt.
                assert_close(exact[classes[row] as usize], want, want + 1e-25, 3e-7, format_args!("{seed}, {row}"));
                assert_close(least[row].into(), want, want + 1e-25, 3e-7, format_args!("{seed}, {row}"));
            }
        }
    }
}

/// Makes a batch of `rows` equal rows whose nearest centers are `i` and `j`, which are equal.
fn tie(rows: usize, n_classes: usize, n_dim: usize, [i, j]: [usize; 2]) -> Batch {
    let mut batch = Batch::of_one_class(rows, n_classes, n_dim, 6);
    batch.x = normal(n_dim, 8).repeat(rows);
    batch.centers.iter_mut().for_each(|value| *value += 1e3);
    for class in [i, j] {
        batch.center_mut(class).copy_from_slice(&normal(n_dim, 7));
    }
    batch
}

#[test]
fn the_lowest_class_wins_a_tie() {
    let check = |rows: usize, n_classes: usize, n_dim: usize, [i, j]: [usize; 2]| {
        let classes = tie(rows, n_classes, n_dim, [i, j]).predict();
        assert_eq!(classes, vec![i as i32; rows], "{i} and {j} of {n_classes}, D = {n_dim}");
    };
    for n_dim in [1, 2, 3, 4, 5, 33, 1025] {
        for n_classes in 2..=11 {
            for (i, j) in (1..n_classes).flat_map(|j| (0..j).map(move |i| (i, j))) {
                check(1 + (i + j) % 3, n_classes, n_dim, [i, j]);
            }
        }
    }
    // The two centers are in different blocks of the cache.
    for (n_classes, n_dim) in [(70, 3), (70, 64), (70, 128), (13, 1025)] {
        for (i, j) in (1..n_classes).flat_map(|j| [(0, j), (j / 2, j), (j - 1, j)]) {
            check(3, n_classes, n_dim, [i.min(j - 1), j]);
        }
    }
    // The two centers are in different blocks of matrix multiplication.
    for (i, j) in [(0, 1), (0, 129), (3, 31), (31, 32), (33, 64), (95, 127), (128, 129)] {
        check(2, 130, 64, [i, j]);
        check(24, 130, 64, [i, j]);
    }
}

/// Checks one pair by both walks: the one for a row and its center, and the tile of 1, 2 or 3 rows and four centers.
fn check_pair(x: &[f32], c: &[f32], what: &str) {
    let what = format!("{what}, D = {}", x.len());
    let expected = distance(Metric::SqEuclidean, &matrix(x, x.len())[0], &matrix(c, c.len())[0]);
    let [alone] = squared_distances::<Lanes, 1>([x], [c; LANES]);
    for actual in [squared_distance::<Lanes>(x, c), alone[0].into()] {
        assert_close(actual, expected, expected, TOLERANCE, &what);
    }
    let (two, three) =
        (squared_distances::<Lanes, 2>([x; 2], [c; LANES]), squared_distances::<Lanes, 3>([x; 3], [c; LANES]));
    for tile in two.iter().chain(&three).chain([&alone]) {
        assert_same_bits(tile, &[alone[0]; LANES], &what);
    }
}

#[test]
fn squared_distances_of_every_length() {
    for n_dim in DIMS.into_iter().chain([1_000_000, 1_000_001]) {
        check_pair(&normal(n_dim, 1), &normal(n_dim, 2), "normal");
        // Sums of equal terms have the largest error: all roundings go the same way.
        for step in 0..if n_dim > 10_000 { 4 } else { 64 } {
            let x = vec![1.0 + step as f32 / 64.0 + 1e-3; n_dim];
            check_pair(&x, &vec![0.0; n_dim], &format!("equal differences, step {step}"));
        }
    }
    check(&Batch::with_labels(vec![1, 4, 0], 5, 1_000_000, 3), "a million dimensions");
}
