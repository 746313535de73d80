//! Distances of rows to many centers at two operations a dimension, with the same bits in a batch of any size:
//! ‖x − c‖² = ‖x‖² + ‖c‖² − 2x·c.
//!
//! Here, unlike in `gemm`, an expanded distance depends on its row and its center alone. Lanes hold dimensions, so that
//! nothing is transposed, and one row takes about as long as by differences. No origin is subtracted for the same
//! reason: [`is_faster`] leaves centers to the differences that lie far from the origin for their spread.
//!
//! S = ‖x‖² + ‖c‖². Where a distance is a small share of S, and where it may be the smallest of a row, it is summed from
//! the differences instead: this rule, too, depends on the row and the centers alone.

use crate::detect::smallest::{Lows, Smallest};
use crate::distance::refine::TIE_FACTOR;
use crate::rows::shape::{Rows, item, item_mut, slice, slice_mut, split_mut, total_len};
use crate::rows::walk::squared_distances;
use crate::simd::vector::{LANES, Vector};

/// Number of rows in a tile with four centers: half of a panel.
const TILE_ROWS: usize = 2;

/// Number of panels of centers in a block, which rows meet while it is in the first-level cache if it has at most 128
/// dimensions.
const BLOCK_PANELS: usize = 8;

/// Smallest number of classes. With fewer, one row takes longer than by differences.
const MIN_CLASSES: usize = 96;

/// Smallest number of dimensions. With fewer, the terms beside the products take longer than the products.
const MIN_DIMS: usize = 32;

/// Number of vectors of distances that are checked for doubts at once.
const CHUNK: usize = 16;

/// Number of vectors in a partial sum. The rounding error of a sum grows with its length, and decides which distances
/// are summed from differences.
const PARTIAL_VECTORS: usize = 32;

/// Largest relative error of an expanded distance: the promised 10⁻⁵, minus the error of rounding the distance itself.
const TOLERANCE: f32 = 0.95e-5;

/// Smallest share of S that the squared distances between centers must be, in units of the share of S that is in doubt.
const MIN_SPREAD: f32 = 1.25;

/// Largest share of S that may be in doubt.
const MAX_CANCELLED_SHARE: f32 = 0.75;

/// Distances below may have lost digits to underflow.
const UNDERFLOW_GUARD: f32 = 1e-30;

/// Largest squared norm: S, or a distance, stays finite.
const MAX_SQUARED_NORM: f32 = 4e37;

/// Four rows side by side: vector i of row n is `[i][n]`. One address for all rows keeps loops short.
type Panel = [[[f32; LANES]; LANES]];

/// Share of S that a distance must exceed to be as exact as promised.
///
/// With u = 2⁻²⁴ and v vectors in a row: since Σ|2x_k·c_k| ≤ S, the sum of the products is off by at most
/// (`PARTIAL_VECTORS` + v/`PARTIAL_VECTORS` + 2)·u·S, and so are the norms. Their sum is off by u·S.
#[allow(clippy::cast_precision_loss, reason = "small counts")]
fn cancelled_share(dim: usize) -> f32 {
    let vectors = dim / LANES;
    let of_sum = vectors.min(PARTIAL_VECTORS) + vectors.div_ceil(PARTIAL_VECTORS) + 2;
    (2 * of_sum + 1) as f32 * (f32::EPSILON / 2.0) / TOLERANCE
}

/// Returns true if the expansion takes less time than direct sums where centers have enough spread.
fn may_be_faster(n_classes: usize, dim: usize) -> bool {
    let is_large = n_classes >= MIN_CLASSES && dim >= MIN_DIMS && dim.is_multiple_of(LANES);
    is_large && cancelled_share(dim) <= MAX_CANCELLED_SHARE
}

/// Returns true if the expansion takes less time than direct sums, whatever the number of rows: if in a sample of
/// centers, the squared distances, 2(mean ‖c‖² − ‖mean c‖²), are so large a share of S that few are in doubt.
pub(crate) fn is_faster<V: Vector>(centers: Rows, scratch: &mut [f32]) -> bool {
    let (dim, n_classes) = (centers.dim(), centers.count());
    if !may_be_faster(n_classes, dim) {
        return false;
    }
    let panel = slice_mut(scratch, 0, dim * LANES).as_chunks_mut().0.as_chunks_mut().0;
    let mut norms = pack::<V>(core::array::from_fn(|i| centers.row(i * n_classes / LANES)), panel);
    let mut of_sum = V::splat(0.0);
    for sample in panel.iter() {
        let sum = sample.iter().zip(norms).fold(V::splat(0.0), |sum, (values, norm)| {
            // A center that is not finite does not decide for the others.
            if norm < f32::INFINITY { sum.add(V::load(values)) } else { sum }
        });
        of_sum = sum.mul_add(sum, of_sum);
    }
    norms = norms.map(|norm| if norm < f32::INFINITY { norm } else { 0.0 });
    let square = V::load(&norms).sum();
    // Σ‖c‖² − ‖Σc‖²/n of n centers is n − 1 times their spread.
    let spread = (square - of_sum.sum() * 0.25) * (4.0 / 3.0);
    spread > MIN_SPREAD * cancelled_share(dim) * square
}

/// Length of the scratch for [`is_faster`] and [`distances`].
pub(crate) fn scratch_len(rows: usize, n_classes: usize, dim: usize) -> usize {
    if !may_be_faster(n_classes, dim) {
        return 0;
    }
    let (rows, n_classes) = (rows.saturating_add(LANES), n_classes.saturating_add(LANES));
    total_len([(rows, dim), (BLOCK_PANELS * LANES, dim), (1, n_classes), (1, rows)])
}

/// Expanded distances of some rows, and what tells which of them are in doubt.
pub(crate) struct Expanded<'a> {
    x: Rows<'a>,
    centers: Rows<'a>,
    x_norms: &'a [f32],
    norms: &'a [[f32; LANES]],
    share: f32,
}

/// Writes ‖x_i − c_j‖² to `distmat`, whose rows are padded to whole vectors.
#[inline(never)]
pub(crate) fn distances<'a, V: Vector>(
    x: Rows<'a>,
    centers: Rows<'a>,
    scratch: &'a mut [f32],
    distmat: &mut [f32],
) -> Expanded<'a> {
    let (vectors, padded) = (x.dim() / LANES, centers.count().next_multiple_of(LANES));
    let rows = x.count().next_multiple_of(LANES);
    let (norms, scratch) = split_mut(scratch, padded);
    let (x_norms, scratch) = split_mut(scratch, rows);
    let (norms, x_panel_norms) = (norms.as_chunks_mut().0, x_norms.as_chunks_mut().0);
    let (x_panels, panels) = split_mut(scratch.as_chunks_mut().0.as_chunks_mut().0, rows / LANES * vectors);
    for (i, norms) in x_panel_norms.iter_mut().enumerate() {
        *norms = pack::<V>(four(&x, i), slice_mut(x_panels, i * vectors, vectors));
    }
    let distances = distmat.as_chunks_mut().0;
    for (block, norms) in norms.chunks_mut(BLOCK_PANELS).enumerate() {
        let first = block * BLOCK_PANELS;
        for (j, norms) in norms.iter_mut().enumerate() {
            let four = four(&centers, first + j);
            let mut of_row = V::splat(0.0);
            if x.count() == 1 {
                (*norms, of_row) = norms_and_products::<V>(four, x_panels);
            } else {
                *norms = pack::<V>(four, slice_mut(panels, j * vectors, vectors));
            }
            // Lanes past the last center are infinitely far.
            for (lane, norm) in norms.iter_mut().enumerate() {
                if (first + j) * LANES + lane >= centers.count() {
                    *norm = f32::INFINITY;
                }
            }
            if x.count() == 1 {
                expanded::<V>(item(x_panel_norms.as_flattened(), 0), norms, of_row)
                    .store(item_mut(distances, first + j));
            }
        }
        for row in (0..x.count()).step_by(TILE_ROWS).filter(|_| x.count() > 1) {
            let x_panel = slice(x_panels, row / LANES * vectors, vectors);
            for (j, norms) in norms.iter().enumerate() {
                let products = products::<V>(x_panel, row % LANES, slice(panels, j * vectors, vectors));
                for (row, products) in (row..x.count()).zip(products) {
                    let to = item_mut(distances, row * (padded / LANES) + first + j);
                    expanded::<V>(item(x_panel_norms.as_flattened(), row), norms, products).store(to);
                }
            }
        }
    }
    Expanded { x, centers, x_norms, norms, share: cancelled_share(x.dim()) }
}

/// The `i`th four rows; the last row stands in for rows past the end.
fn four<'a>(rows: &Rows<'a>, i: usize) -> [&'a [f32]; LANES] {
    core::array::from_fn(|lane| rows.row((i * LANES + lane).min(rows.count() - 1)))
}

/// Expanded distances of a row to four centers.
#[inline]
fn expanded<V: Vector>(norm: f32, norms: &[f32; LANES], products: V) -> V {
    V::splat(norm).add(V::load(norms)).sub(products.add(products))
}

/// Sums of the products of four pairs of rows.
struct Sums<V> {
    /// Sums over at most [`PARTIAL_VECTORS`] vectors.
    partial: [V; LANES],
    totals: [V; LANES],
}

impl<V: Vector> Sums<V> {
    #[inline]
    fn new() -> Self {
        Self { partial: [V::splat(0.0); LANES], totals: [V::splat(0.0); LANES] }
    }

    #[inline]
    fn add(&mut self, a: [V; LANES], b: [V; LANES]) {
        for n in 0..LANES {
            self.partial[n] = a[n].mul_add(b[n], self.partial[n]);
        }
    }

    #[inline]
    fn flush(&mut self) {
        for n in 0..LANES {
            self.totals[n] = self.totals[n].add(self.partial[n]);
        }
        self.partial = [V::splat(0.0); LANES];
    }

    /// The totals, where a squared norm that is too large or NaN becomes infinite, which leaves all distances of its row
    /// in doubt.
    #[inline]
    fn norms(&self) -> [f32; LANES] {
        V::sum_each(self.totals).to_array().map(|norm| if norm <= MAX_SQUARED_NORM { norm } else { f32::INFINITY })
    }
}

/// Writes four rows to a panel, and returns their squared norms.
#[inline(never)]
fn pack<V: Vector>(rows: [&[f32]; LANES], to: &mut Panel) -> [f32; LANES] {
    let rows = rows.map(|row| slice(row.as_chunks::<LANES>().0, 0, to.len()));
    let mut norms = Sums::<V>::new();
    for start in (0..to.len()).step_by(PARTIAL_VECTORS) {
        for i in start..to.len().min(start + PARTIAL_VECTORS) {
            let values = rows.map(|row| V::load(&row[i]));
            for n in 0..LANES {
                values[n].store(&mut to[i][n]);
            }
            norms.add(values, values);
        }
        norms.flush();
    }
    norms.norms()
}

/// Squared norms of four rows, and their products with the first row of a panel, in one pass.
#[inline(never)]
fn norms_and_products<V: Vector>(rows: [&[f32]; LANES], x: &Panel) -> ([f32; LANES], V) {
    let vectors = rows[0].len() / LANES;
    let rows = rows.map(|row| slice(row.as_chunks::<LANES>().0, 0, vectors));
    let x = slice(x, 0, vectors);
    let (mut norms, mut products) = (Sums::<V>::new(), Sums::<V>::new());
    for start in (0..vectors).step_by(PARTIAL_VECTORS) {
        for i in start..vectors.min(start + PARTIAL_VECTORS) {
            let values = rows.map(|row| V::load(&row[i]));
            products.add([V::load(&x[i][0]); LANES], values);
            norms.add(values, values);
        }
        products.flush();
        norms.flush();
    }
    (norms.norms(), V::sum_each(products.totals))
}

/// x·c of two rows of a panel, from `first` on, with four centers.
#[inline]
fn products<V: Vector>(x: &Panel, first: usize, c: &Panel) -> [V; TILE_ROWS] {
    let mut sums = [Sums::<V>::new(), Sums::new()];
    for (x, c) in x.chunks(PARTIAL_VECTORS).zip(c.chunks(PARTIAL_VECTORS)) {
        for (x, c) in x.iter().zip(c) {
            let c = c.each_ref().map(V::load);
            sums[0].add([V::load(&x[first]); LANES], c);
            sums[1].add([V::load(&x[first + 1]); LANES], c);
        }
        sums.iter_mut().for_each(Sums::flush);
    }
    sums.map(|sums| V::sum_each(sums.totals))
}

impl Expanded<'_> {
    /// Makes the distances of a row exact, in its row of `distmat`: replaces by sums of differences those in doubt, the
    /// smallest, and all that may be equal to it.
    #[inline(never)]
    pub(crate) fn refine<V: Vector>(&self, row: usize, distances: &mut [[f32; LANES]]) -> Smallest {
        let norm = V::splat(item(self.x_norms, row));
        let doubt = |norms| norm.add(V::load(norms)).mul_add(V::splat(self.share), V::splat(UNDERFLOW_GUARD));
        let expanded = |(four, norms): (&[f32; LANES], _)| V::load(four).greater_mask(doubt(norms));
        let mut lows = Lows::<V>::new();
        for (block, (chunk, norms)) in distances.chunks_mut(CHUNK).zip(self.norms.chunks(CHUNK)).enumerate() {
            // Few rows have more than one distance in doubt.
            if chunk.iter().zip(norms).fold(0b1111, |all, pair| all & expanded(pair)) != 0b1111 {
                for (i, (four, norms)) in chunk.iter_mut().zip(norms).enumerate() {
                    self.sum_again::<V>(row, block * CHUNK + i, !expanded((four, norms)), four);
                }
            }
            for four in chunk {
                lows.observe(four);
            }
        }
        let smallest = lows.finish(distances);
        let Some(class) = smallest.class else { return smallest };
        let limit = smallest.min * TIE_FACTOR;
        if smallest.second > limit {
            let (i, lane) = (class / LANES, class % LANES);
            let four = item_mut(distances, i);
            self.sum_again::<V>(row, i, expanded((four, &item(self.norms, i))) & (1 << lane), four);
            return Smallest { min: four[lane], ..smallest };
        }
        for (i, four) in distances.iter_mut().enumerate() {
            self.sum_again::<V>(row, i, !V::load(four).greater_mask(V::splat(limit)), four);
        }
        Smallest::of::<V>(distances)
    }

    /// Replaces distances of a row to the `i`th four centers, those in the mask, by sums of differences.
    #[inline(never)]
    fn sum_again<V: Vector>(&self, row: usize, i: usize, mask: u32, distances: &mut [f32; LANES]) {
        if mask.trailing_zeros() as usize >= LANES {
            return;
        }
        let [sums] = squared_distances::<V, 1>([self.x.row(row)], four(&self.centers, i));
        for (lane, (sum, to)) in sums.to_array().into_iter().zip(distances).enumerate() {
            if mask & (1 << lane) != 0 && i * LANES + lane < self.centers.count() {
                *to = sum;
            }
        }
    }
}
