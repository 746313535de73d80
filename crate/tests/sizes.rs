//! Lengths of scratch memory for sizes up to the end of the address space: none wraps around to less than it must be.

use center_loss::detect::{classify, nearest};
use center_loss::distance::gemm;
use center_loss::distance::metric::Metric;
use center_loss::distance::pairwise;
use center_loss::init::orthogonal_scratch_len;
use center_loss::loss::proxy::ScratchSizes;
use center_loss::statistics::class_statistics::{Covariance, Sizes};

/// Sizes of each kind: small, at the ends of 32 and 64 bits, and at the roots of both.
const SIZES: [usize; 11] =
    [1, 17, 64, 1000, 1 << 16, (1 << 20) + 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 45, usize::MAX / 2];

/// Asserts that a length is at least `least`, or that no memory has it.
fn assert_at_least(name: &str, len: usize, least: u128, sizes: [usize; 3]) {
    let expected = least.min(usize::MAX as u128);
    assert!(len as u128 >= expected, "{name} of {sizes:?} is {len}, below {expected}");
}

#[test]
fn no_length_wraps_around() {
    for rows in SIZES {
        for n_classes in SIZES {
            for n_dim in SIZES {
                check([rows, n_classes, n_dim]);
            }
        }
    }
}

fn check(sizes: [usize; 3]) {
    let [rows, n_classes, n_dim] = sizes;
    let [b, c, d] = sizes.map(|size| size as u128);
    let directions = |rows: u128| (c + rows) * (d + 1);
    let cosine = pairwise::scratch_len(Metric::Cosine, rows, n_classes, n_dim);
    assert_at_least("distances by cosine", cosine, directions(b.min(64)), sizes);
    let classified = classify::scratch_len(Metric::Cosine, rows, n_classes, n_dim);
    let kept = b.min(8);
    assert_at_least("classify by cosine", classified, 2 * kept * c + directions(kept), sizes);
    // These take memory only where they are the faster way.
    let packed = gemm::scratch_len(rows, n_classes, n_dim);
    assert!(packed == 0 || packed > n_dim, "packed rows of {sizes:?}: {packed}");
    let sums = nearest::scratch_len(rows, n_classes, n_dim);
    assert!(sums == 0 || sums >= n_classes || sums >= packed, "nearest of {sizes:?}: {sums}");
    let proxy = ScratchSizes::new(rows, n_classes, n_dim);
    assert_at_least("distances of a loss", proxy.distances, 2 * c, sizes);
    assert_at_least("∂loss/∂x of a loss", proxy.row_accumulator, if n_classes > 64 { d } else { 0 }, sizes);
    assert_at_least("∂loss/∂c of a loss", proxy.center_accumulator, if rows > 64 { c * d } else { 0 }, sizes);
    assert_at_least("orthogonal matrix", orthogonal_scratch_len(n_classes, n_dim), c * d, sizes);
    for covariance in [Covariance::None, Covariance::Diagonal, Covariance::Tied] {
        let Some(all) = Sizes::new(n_classes, n_dim, covariance) else { continue };
        let triangle = if covariance == Covariance::Tied { d * (d + 1) / 2 } else { 0 };
        assert_at_least("sums of statistics", all.sums, c * d, sizes);
        assert_at_least("totals of statistics", all.totals, 1 + c + c * d + triangle, sizes);
    }
}
