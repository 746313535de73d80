//! Nearest center of many rows: products of 16-bit integers bound all distances, and the few centers of a row that the
//! bounds leave are summed directly.
//!
//! x', c': row and center minus an origin amid the centers; X, C: upper bounds of their norms. Their integers are
//! K·x'/X and K·c'/C, rounded. A product of such integers takes half the operations of a product of `f32`: the machine
//! multiplies eight pairs at once and adds two by two. With p, the exact product of the integers,
//!
//! ‖x − c‖² − ‖x'‖² = ‖c'‖² − 2x'·c' = ‖c'‖² − (2·X·C/K²)·p, and the error is at most
//! 2·X·C·(√D/K + 16·2⁻²³) + (D/4 + 16)·2⁻²³·‖c'‖²:
//!
//! - An integer is off by at most ½, so a row of them is off by a vector of norm ½·√D, which meets the other row's norm,
//!   at most K. Two such errors are K·√D; their own product, a quarter of D, is a hundredth of that up to D = 10⁶.
//! - The `f32` roundings of x', c', X, C and p are fewer than 16, of a product that is at most X·C.
//!   A squared norm is a sum in four parts.
//!
//! The bound depends on the norms alone: data without clusters is searched as fast as data with clusters.

use crate::distance::packing::{mean_of_sample, pack};
use crate::distance::partial_search;
use crate::distance::refine::{Bits, TIE_FACTOR};
use crate::rows::shape::{Rows, class_of, item, item_mut, slice, slice_mut, split_mut, total_len};
use crate::rows::walk::pair_squared_distances;
use crate::simd::u32x4::U32x4;
use crate::simd::vector::{LANES, Vector, min_or_first, round_to_f32, sqrt};

/// K, the norm of a row of integers. Each fits 16 bits, and by Cauchy–Schwarz each sum of products fits 32.
const NORM: f32 = 32_000.0;

/// Number of sums in a squared norm.
const NORM_CHAINS: usize = 4;

/// Largest squared norm of x' or c'. Distances of such rows and centers are finite.
const MAX_SQUARED_NORM: f32 = 4e37;

/// Squares and distances below may have lost digits to underflow.
const UNDERFLOW_GUARD: f32 = 1e-30;

/// Number of vectors of centers in a tile.
const TILE_VECTORS: usize = 2;
/// Number of centers in a tile.
const TILE_CENTERS: usize = TILE_VECTORS * LANES;

/// Number of tiles of centers in a block, which stays in the first-level cache up to 256 dimensions.
const BLOCK_TILES: usize = 4;
const BLOCK_CENTERS: usize = BLOCK_TILES * TILE_CENTERS;

/// Number of rows that are packed at once. Packing a center takes as long as the products of ten rows.
const CHUNK_ROWS: usize = 512;

/// Number of centers that a row keeps. A row with more is searched by direct sums.
const CAPACITY: usize = 8;

/// Smallest number of rows for which packing the centers pays.
const MIN_ROWS: usize = 16;
/// Smallest number of classes. With fewer, packing a row takes longer than its products save.
const MIN_CLASSES: usize = 24;
/// Smallest number of dimensions. With fewer, the terms beside the products take longer than the products.
const MIN_DIMS: usize = 16;

/// Two dimensions of [`LANES`]·`N` rows of integers, those of a row in the halves of a lane.
type Pairs<const N: usize> = [[[u32; LANES]; N]];

/// Returns true if the search takes less time than direct sums.
pub(crate) fn is_faster(rows: usize, n_classes: usize, dim: usize) -> bool {
    rows >= MIN_ROWS && n_classes >= MIN_CLASSES && dim >= MIN_DIMS
}

fn packed_rows(rows: usize) -> usize {
    rows.min(CHUNK_ROWS).next_multiple_of(LANES)
}

/// Length of the scratch for [`nearest`].
pub(crate) fn scratch_len(rows: usize, n_classes: usize, dim: usize) -> usize {
    let (rows, pairs) = (packed_rows(rows), dim.div_ceil(2));
    total_len([
        (1 + TILE_CENTERS, dim),
        (rows + BLOCK_CENTERS, pairs),
        (rows, STATE_LEN),
        (partial_search::scratch_lanes(n_classes), LANES),
    ])
}

/// State of a row while it meets the centers.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct RowSearch {
    /// ‖x'‖²
    norm: f32,
    /// X/K
    scale: f32,
    /// Centers whose lower bound of ‖x − c‖² − ‖x'‖² is not below are not the nearest; −∞ for a row whose nearest center
    /// the integers can't find.
    limit: f32,
    /// Number of candidates.
    count: u32,
    /// Lower bounds of the candidates.
    lower: [f32; CAPACITY],
    /// Classes of the candidates, in ascending order.
    classes: [u32; CAPACITY],
}

/// Length of [`RowSearch`] in the scratch.
const STATE_LEN: usize = size_of::<RowSearch>() / size_of::<f32>();

/// Scratch of [`nearest`], divided, and bounds of errors.
struct Search<'a> {
    origin: &'a mut [f32],
    /// Rows or centers minus the origin, before they are rounded.
    columns: &'a mut [[f32; LANES]],
    x: &'a mut Pairs<1>,
    centers: &'a mut Pairs<TILE_VECTORS>,
    rows: &'a mut [RowSearch],
    /// Error of a product, in units of the integers.
    error: f32,
    /// Largest relative error of a squared norm.
    norm_error: f32,
}

/// ‖c'‖² and scales of a block of centers.
struct Block {
    /// Lower bounds of ‖c'‖²; infinite for centers that are not finite and past the last one.
    norms: [[f32; LANES]; BLOCK_TILES * TILE_VECTORS],
    /// 2·C/K of each tile.
    scales: [f32; BLOCK_TILES],
    /// Errors of ‖c'‖² of each tile.
    errors: [f32; BLOCK_TILES],
}

/// classes ← argmin_j ‖x_i − c_j‖² of direct sums, the lowest j among equals; left as it is for a row without a finite
/// distance. `excluded` has a class for each row that is left out, if it is one, or is empty.
#[inline(never)]
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "classes are below 2³¹")]
pub(crate) fn nearest<V: Vector>(x: Rows, centers: Rows, excluded: &[i32], scratch: &mut [f32], classes: &mut [i32]) {
    let (scratch, sums) = split_mut(scratch, scratch.len() - partial_search::scratch_lanes(centers.count()) * LANES);
    let mut search = Search::new(scratch, x);
    mean_of_sample::<V>(centers, search.origin);
    for first_row in (0..x.count()).step_by(CHUNK_ROWS) {
        let x = x.chunk(first_row, CHUNK_ROWS);
        let excluded = |row: usize| class_of(excluded.get(first_row + row).copied().unwrap_or(-1), centers.count());
        search.pack_rows::<V>(x);
        for first in (0..centers.count()).step_by(BLOCK_CENTERS) {
            let block = search.pack_block::<V>(centers.chunk(first, BLOCK_CENTERS));
            let tiles = BLOCK_CENTERS.min(centers.count() - first).div_ceil(TILE_CENTERS);
            for row in 0..x.count().div_ceil(LANES) {
                search.meet::<V>(row, &block, tiles, first, &excluded);
            }
        }
        let classes = slice_mut(classes, first_row, x.count());
        for (row, (class, state)) in classes.iter_mut().zip(search.rows.iter_mut()).enumerate() {
            if let Some(found) = state.nearest::<V>(x.row(row), centers, excluded(row), sums.as_chunks_mut().0) {
                *class = found as i32;
            }
        }
    }
}

/// Searches the centers before and after the excluded class.
#[inline(never)]
fn search_directly<V: Vector>(
    x: &[f32],
    centers: Rows,
    excluded: Option<usize>,
    sums: &mut [[f32; LANES]],
) -> Option<usize> {
    let end = centers.count();
    let parts = [0..excluded.unwrap_or(end), excluded.map_or(end, |class| class + 1)..end];
    let found = parts.map(|part| {
        if part.is_empty() {
            return None;
        }
        let sums = slice_mut(sums, 0, partial_search::scratch_lanes(part.len()));
        let nearest = partial_search::nearest::<V>(x, centers.chunk(part.start, part.len()), sums);
        nearest.map(|class| part.start + class)
    });
    nearest_of::<V>(x, centers, found.into_iter().flatten())
}

/// First class with the smallest direct sum.
fn nearest_of<V: Vector>(x: &[f32], centers: Rows, classes: impl Iterator<Item = usize>) -> Option<usize> {
    let mut nearest = (f32::INFINITY, None);
    for class in classes {
        let distance = pair_squared_distances::<V>([x; LANES], [centers.row(class); LANES]).min_lane();
        if distance < nearest.0 {
            nearest = (distance, Some(class));
        }
    }
    nearest.1
}

/// Lower bounds, where that of the excluded lane is infinite.
fn without_lane<V: Vector>(lower: [V; TILE_VECTORS], excluded: Option<usize>) -> [V; TILE_VECTORS] {
    let mut bounds = lower.map(V::to_array);
    match excluded.and_then(|lane| bounds.as_flattened_mut().get_mut(lane)) {
        Some(bound) => *bound = f32::INFINITY,
        None => return lower,
    }
    bounds.map(|four| V::load(&four))
}

impl<'a> Search<'a> {
    fn new(values: &'a mut [f32], x: Rows) -> Self {
        let (rows, dim) = (packed_rows(x.count()), x.dim());
        let pairs = dim.div_ceil(2);
        let (origin, values) = split_mut(values, dim);
        let (columns, values) = split_mut(values, TILE_CENTERS * dim);
        let (rows, integers) = split_mut(values, rows * STATE_LEN);
        let (x, centers) = split_mut(bytemuck::must_cast_slice_mut(integers), packed_rows(x.count()) * pairs);
        #[allow(clippy::cast_precision_loss, reason = "a bound needs few digits")]
        let (root, roundings) = (round_to_f32(sqrt(dim as f64)), (dim / NORM_CHAINS + 16) as f32);
        Self {
            origin,
            columns: columns.as_chunks_mut().0,
            x: x.as_chunks_mut().0.as_chunks_mut().0,
            centers: centers.as_chunks_mut().0.as_chunks_mut().0,
            rows: bytemuck::must_cast_slice_mut(rows.as_chunks_mut::<STATE_LEN>().0),
            error: NORM * NORM * 16.0 * f32::EPSILON + 1.01 * NORM * root,
            norm_error: roundings * f32::EPSILON,
        }
    }

    /// Packs rows, which have no candidates yet.
    #[inline(never)]
    fn pack_rows<V: Vector>(&mut self, x: Rows) {
        let (dim, pairs) = (x.dim(), x.dim().div_ceil(2));
        for (i, states) in self.rows.chunks_mut(LANES).enumerate().take(x.count().div_ceil(LANES)) {
            let columns = slice_mut(self.columns, 0, dim);
            pack::<V>(x, i * LANES, self.origin, 1.0, columns, 1);
            let norms = squared_norms::<V>(columns);
            let bounds = norms.map(|norm| norm_bound(norm, self.norm_error));
            for (state, (norm, bound)) in states.iter_mut().zip(norms.into_iter().zip(bounds)) {
                let limit = if norm <= MAX_SQUARED_NORM { f32::INFINITY } else { f32::NEG_INFINITY };
                *state = RowSearch { norm, limit, scale: bound / NORM, ..bytemuck::Zeroable::zeroed() };
            }
            quantize::<V>(columns, bounds, slice_mut(self.x, i * pairs, pairs).as_flattened_mut(), 1);
        }
    }

    /// Packs a block of centers.
    #[inline(never)]
    fn pack_block<V: Vector>(&mut self, block: Rows) -> Block {
        let (dim, pairs) = (block.dim(), block.dim().div_ceil(2));
        let mut packed = Block {
            norms: [[f32::INFINITY; LANES]; BLOCK_TILES * TILE_VECTORS],
            scales: [0.0; BLOCK_TILES],
            errors: [0.0; BLOCK_TILES],
        };
        for (tile, first) in (0..block.count()).step_by(TILE_CENTERS).enumerate() {
            let mut max = 0.0;
            for n in 0..TILE_VECTORS {
                let first = first + n * LANES;
                let columns = slice_mut(self.columns, n * dim, dim);
                pack::<V>(block, first, self.origin, 1.0, columns, 1);
                let lower = item_mut(&mut packed.norms, first / LANES);
                for (lane, norm) in
                    squared_norms::<V>(columns).into_iter().enumerate().take(block.count().saturating_sub(first))
                {
                    if norm <= MAX_SQUARED_NORM {
                        *item_mut(lower, lane) = norm - norm * self.norm_error;
                        max = if norm > max { norm } else { max };
                    } else if block.row(first + lane).iter().all(|value| value.is_finite()) {
                        // Bounds could overflow.
                        self.rows.iter_mut().for_each(|state| state.limit = f32::NEG_INFINITY);
                    }
                }
            }
            let bound = norm_bound(max, self.norm_error);
            *item_mut(&mut packed.scales, tile) = 2.0 * bound / NORM;
            *item_mut(&mut packed.errors, tile) = max * self.norm_error;
            for n in 0..TILE_VECTORS {
                let to = slice_mut(self.centers, tile * pairs, pairs).as_flattened_mut();
                let to = slice_mut(to, n, TILE_VECTORS * pairs - n);
                quantize::<V>(slice(self.columns, n * dim, dim), [bound; LANES], to, TILE_VECTORS);
            }
        }
        packed
    }

    /// Compares four rows with a block of centers.
    #[inline(never)]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the error is below 2³⁰")]
    fn meet<V: Vector>(
        &mut self,
        i: usize,
        block: &Block,
        tiles: usize,
        first: usize,
        excluded: &impl Fn(usize) -> Option<usize>,
    ) {
        let pairs = self.origin.len().div_ceil(2);
        let error = V::U32x4::splat(self.error as u32);
        for tile in 0..tiles {
            let x = slice(self.x, i * pairs, pairs);
            let sums = products::<V>(x, slice(self.centers, tile * pairs, pairs), error);
            let tile_scale = item(&block.scales, tile);
            let norms = slice(&block.norms, tile * TILE_VECTORS, TILE_VECTORS);
            let states = slice_mut(self.rows, i * LANES, LANES);
            let mut lower = [[V::splat(0.0); TILE_VECTORS]; LANES];
            let mut is_any_below = 0;
            for row in 0..LANES {
                let scale = V::splat(states[row].scale * tile_scale);
                for n in 0..TILE_VECTORS {
                    lower[row][n] = V::load(&norms[n]).sub(scale.mul(V::from_signed(sums[row][n])));
                }
                is_any_below |= V::splat(states[row].limit).greater_mask(lower[row][0].min_or_self(lower[row][1]));
            }
            if is_any_below != 0 {
                let first = first + tile * TILE_CENTERS;
                for (row, (state, lower)) in states.iter_mut().zip(lower).enumerate() {
                    let width = 2.0 * (tile_scale * state.scale * self.error + item(&block.errors, tile));
                    let lane = excluded(i * LANES + row).and_then(|class| class.checked_sub(first));
                    state.observe(&without_lane(lower, lane), width, first);
                }
            }
        }
    }
}

impl RowSearch {
    /// Adds the centers of a tile that may be the nearest to the candidates. A distance is at most `width` above its
    /// lower bound.
    #[inline(never)]
    #[allow(clippy::cast_possible_truncation, reason = "classes are below 2³¹")]
    fn observe<V: Vector>(&mut self, lower: &[V; TILE_VECTORS], width: f32, first: usize) {
        let lowest = lower[0].min_or_self(lower[1]).min_lane();
        if lowest >= self.limit {
            return;
        }
        let upper = lowest + width;
        let tie = (TIE_FACTOR - 1.0) * (self.norm + upper).abs();
        self.limit = min_or_first(self.limit, upper + tie + UNDERFLOW_GUARD);
        let limit = V::splat(self.limit);
        for lane in Bits(limit.greater_mask(lower[0]) | limit.greater_mask(lower[1]) << LANES) {
            if self.count as usize == CAPACITY {
                self.drop_candidates();
            }
            if self.count as usize == CAPACITY {
                self.limit = f32::NEG_INFINITY;
                return;
            }
            *item_mut(&mut self.lower, self.count as usize) = item(lower.map(V::to_array).as_flattened(), lane);
            *item_mut(&mut self.classes, self.count as usize) = (first + lane) as u32;
            self.count += 1;
        }
    }

    /// Drops the candidates that are not below the limit.
    #[inline(never)]
    fn drop_candidates(&mut self) {
        let count = core::mem::take(&mut self.count);
        for i in 0..count as usize {
            let (lower, class) = (item(&self.lower, i), item(&self.classes, i));
            if lower < self.limit {
                *item_mut(&mut self.lower, self.count as usize) = lower;
                *item_mut(&mut self.classes, self.count as usize) = class;
                self.count += 1;
            }
        }
    }

    /// Class of the smallest direct sum, the lowest among equals.
    fn nearest<V: Vector>(
        &mut self,
        x: &[f32],
        centers: Rows,
        excluded: Option<usize>,
        sums: &mut [[f32; LANES]],
    ) -> Option<usize> {
        if self.limit == f32::NEG_INFINITY {
            return search_directly::<V>(x, centers, excluded, sums);
        }
        self.drop_candidates();
        let candidates = slice(&self.classes, 0, self.count as usize);
        if let [only] = candidates {
            return Some(*only as usize);
        }
        nearest_of::<V>(x, centers, candidates.iter().map(|class| *class as usize))
    }
}

/// Upper bound of a norm, above 0.
fn norm_bound(square: f32, error: f32) -> f32 {
    round_to_f32(sqrt(f64::from(square + square * error + UNDERFLOW_GUARD)))
}

/// Squared norms of four rows.
#[inline(never)]
fn squared_norms<V: Vector>(columns: &[[f32; LANES]]) -> [f32; LANES] {
    let (groups, rest) = columns.as_chunks::<NORM_CHAINS>();
    let mut sums = [V::splat(0.0); NORM_CHAINS];
    for group in groups {
        for i in 0..NORM_CHAINS {
            let column = V::load(&group[i]);
            sums[i] = column.mul_add(column, sums[i]);
        }
    }
    let sum = sums[0].add(sums[1]).add(sums[2].add(sums[3]));
    rest.iter().map(V::load).fold(sum, |sum, column| column.mul_add(column, sum)).to_array()
}

/// Writes the integers K·column/bound of four rows to every `step`th vector of `packed`.
#[inline(never)]
fn quantize<V: Vector>(columns: &[[f32; LANES]], bounds: [f32; LANES], packed: &mut [[u32; LANES]], step: usize) {
    let scales = V::load(&bounds.map(|bound| NORM / bound));
    let (pairs, rest) = columns.as_chunks::<2>();
    let load = |column| V::load(column).mul(scales);
    for (i, [low, high]) in pairs.iter().enumerate() {
        load(low).round_to_halves(load(high)).store(item_mut(packed, i * step));
    }
    if let [low] = rest {
        load(low).round_to_halves(V::splat(0.0)).store(item_mut(packed, pairs.len() * step));
    }
}

/// start + Σ_k x_k·c_k of four rows with eight centers.
#[inline]
fn products<V: Vector>(x: &Pairs<1>, c: &Pairs<TILE_VECTORS>, start: V::U32x4) -> [[V::U32x4; TILE_VECTORS]; LANES] {
    let mut sums = [[start; TILE_VECTORS]; LANES];
    for ([x], c) in x.iter().zip(c) {
        let c = [V::U32x4::load(&c[0]), V::U32x4::load(&c[1])];
        for row in 0..LANES {
            let x = V::U32x4::splat(x[row]);
            for n in 0..TILE_VECTORS {
                sums[row][n] = x.dot_halves(c[n]).add(sums[row][n]);
            }
        }
    }
    sums
}
