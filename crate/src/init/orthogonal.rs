//! Random orthogonal matrices, distributed by the Haar measure.
//!
//! n: vectors; m ≥ n: their length; x_k: k − 1 zeros, then normal values; e_k: unit vectors;
//! H_k: Householder's reflection of x_k to a multiple of e_k; W: result [n, m] with orthonormal rows.
//!
//! The QR decomposition of a normal matrix gives W. In it, each reflection sees values that the
//! previous ones have rotated, and rotated normal values are normal values. Stewart (SIAM J. Numer. Anal. 17,
//! 1980) therefore draws all x_k directly and only multiplies, which is half of the work:
//!
//! W = ±[I 0]·H_n ⋯ H_2·H_1
//!
//! The signs are such that the first row is x_1 / ‖x_1‖. A reflection keeps lengths and angles for
//! any x_k, so no seed is ill-conditioned and no second pass is needed.
//!
//! W is kept as panels of eight rows, packed for the register tile. A block of reflections is applied
//! to a panel in two products. With v_j, scaled to ‖v_j‖² = 2, as the rows of V:
//!
//! P = V·Wᵀ,  y_j = P_j − Σ_{i>j} (v_i·v_j)·y_i from the last j down,  W ← W − Yᵀ·V
//!
//! The sums for y take a few hundredths of the time; the tile does the rest.

use super::normal;
use crate::distance::micro_kernel::{TILE_CENTERS as PANEL, TILE_VECTORS, micro_kernel};
use crate::distance::packing::Packed;
use crate::rows::shape::{item, item_mut, slice, slice_mut};
use crate::simd::vector::{LANES, Vector, round_to_f32, sqrt};

/// Number of reflections in a block. Relative to the time with 32, at 128 × 128 and 500 × 512, 16 takes 0.9 and 1.05,
/// 64 takes 1.3 and 1.1.
const BLOCK_REFLECTORS: usize = 32;

/// One value of each row of a panel.
type Column = [[f32; LANES]; TILE_VECTORS];

/// Number and length of the orthonormal vectors, which are the rows unless columns are fewer.
fn vectors(n_classes: usize, n_dim: usize) -> (usize, usize) {
    (n_classes.min(n_dim), n_classes.max(n_dim))
}

/// Number of panels for all vectors, and for the reflectors of a block.
fn panels(count: usize) -> (usize, usize) {
    (count.div_ceil(PANEL), count.min(BLOCK_REFLECTORS).div_ceil(PANEL))
}

/// Length of the scratch memory for [`orthogonal`]; `usize::MAX` where it overflows.
#[must_use]
pub fn orthogonal_scratch_len(n_classes: usize, n_dim: usize) -> usize {
    let (count, len) = vectors(n_classes, n_dim);
    let (all, in_block) = panels(count);
    let panels = all.saturating_add(3 * in_block).saturating_mul(len.div_ceil(LANES));
    panels.saturating_mul(PANEL * LANES).saturating_add(BLOCK_REFLECTORS * BLOCK_REFLECTORS)
}

/// Fills `centers` with a random matrix that has orthonormal rows or, if there are more rows than
/// columns, orthonormal columns, as `torch.nn.init.orthogonal_` does.
///
/// # Panics
/// If `scratch` is shorter than [`orthogonal_scratch_len`].
pub fn orthogonal<V: Vector>(centers: &mut [f32], n_classes: usize, n_dim: usize, seed: u64, scratch: &mut [f32]) {
    normal::<V>(centers, seed);
    let (count, len) = vectors(n_classes, n_dim);
    let padded = len.next_multiple_of(LANES);
    let scratch: &mut Packed<TILE_VECTORS> = scratch.as_chunks_mut().0.as_chunks_mut().0;
    let (panels, scratch) = scratch.split_at_mut(panels(count).0 * padded);
    panels.as_flattened_mut().as_flattened_mut().fill(0.0);
    for first in (0..count).step_by(BLOCK_REFLECTORS).rev() {
        let mut block = Block::new(scratch, count - first, padded - first);
        for k in first..count.min(first + BLOCK_REFLECTORS) {
            let sign = block.take(k - first, slice(centers, k * len + k, len - k));
            *value_mut(item_mut(panels, k / PANEL * padded + k), k % PANEL) = sign;
        }
        for (overlaps, eight) in
            block.overlaps.chunks_exact_mut(BLOCK_REFLECTORS).zip(block.eights.chunks_exact(block.width))
        {
            project::<V>(block.fours, eight, overlaps);
        }
        for panel in panels.chunks_exact_mut(padded).skip(first / PANEL) {
            block.reflect::<V>(slice_mut(panel, first, padded - first));
        }
    }
    for (i, row) in centers.chunks_exact_mut(n_dim).enumerate() {
        for (k, value) in row.iter_mut().enumerate() {
            let (vector, place) = if n_classes <= n_dim { (i, k) } else { (k, i) };
            *value = value_of(&item(panels, vector / PANEL * padded + place), vector % PANEL);
        }
    }
}

fn value_of(lanes: &Column, index: usize) -> f32 {
    item(lanes.as_flattened(), index)
}

fn value_mut(lanes: &mut Column, index: usize) -> &mut f32 {
    item_mut(lanes.as_flattened_mut(), index)
}

/// Reflectors of a block, from the first column that they change. Zeros fill the last panel up.
struct Block<'a> {
    width: usize,
    /// Eight reflectors side by side, as columns of the tile: [reflector / 8][column].
    eights: &'a mut Packed<TILE_VECTORS>,
    /// Four reflectors side by side, as rows of the tile: [reflector / 4][column].
    fours: &'a mut Packed<1>,
    /// Four columns side by side: [column / 4][reflector].
    columns: &'a mut Packed<1>,
    /// Products v_i·v_j: [j / 8][i].
    overlaps: &'a mut Packed<TILE_VECTORS>,
}

impl<'a> Block<'a> {
    fn new(scratch: &'a mut Packed<TILE_VECTORS>, count: usize, width: usize) -> Self {
        let size = panels(count).1 * width;
        let (overlaps, scratch) = scratch.split_at_mut(BLOCK_REFLECTORS * BLOCK_REFLECTORS / PANEL);
        let scratch = slice_mut(scratch, 0, 3 * size);
        scratch.as_flattened_mut().as_flattened_mut().fill(0.0);
        let (eights, scratch) = scratch.split_at_mut(size);
        let (fours, columns) = scratch.as_flattened_mut().split_at_mut(TILE_VECTORS * size);
        Self { width, eights, fours: fours.as_chunks_mut().0, columns: columns.as_chunks_mut().0, overlaps }
    }

    fn reflectors(&self) -> usize {
        self.eights.len() / self.width * PANEL
    }

    /// Stores the reflector of `x` as number `j` and returns the sign of its row.
    fn take(&mut self, j: usize, x: &[f32]) -> f32 {
        let (reflectors, width) = (self.reflectors(), self.width);
        let square: f64 = x.iter().map(|value| f64::from(*value) * f64::from(*value)).sum();
        let (head, length) = (f64::from(item(x, 0)), sqrt(square));
        let (head, sign) = if head < 0.0 { (head - length, 1.0) } else { (head + length, -1.0) };
        // ‖x ± ‖x‖·e₁‖² is twice `half_square`. A reflector of zeros, for x = 0, changes nothing.
        let half_square = -sign * head * length;
        let factor = if half_square > 0.0 { 1.0 / sqrt(half_square) } else { 0.0 };
        for (offset, value) in x.iter().enumerate() {
            let value = if offset == 0 { head } else { f64::from(*value) };
            let (value, k) = (round_to_f32(value * factor), j + offset);
            item_mut(self.fours, j / LANES * width + k)[0][j % LANES] = value;
            *value_mut(item_mut(self.eights, j / PANEL * width + k), j % PANEL) = value;
            item_mut(self.columns, k / LANES * reflectors + j)[0][k % LANES] = value;
        }
        round_to_f32(sign)
    }

    /// Applies all reflections to eight rows, the last one first.
    fn reflect<V: Vector>(&self, panel: &mut Packed<TILE_VECTORS>) {
        let reflectors = self.reflectors();
        let mut steps = [[[0.0; LANES]; TILE_VECTORS]; BLOCK_REFLECTORS];
        let steps = slice_mut(&mut steps, 0, reflectors);
        project::<V>(self.fours, panel, steps);
        for j in (0..reflectors).rev() {
            let (earlier, step) = steps.split_at_mut(j);
            let step = load::<V>(item_mut(step, 0));
            let overlaps = slice(self.overlaps, j / PANEL * BLOCK_REFLECTORS, j);
            for (earlier, overlap) in earlier.iter_mut().zip(overlaps) {
                let overlap = V::splat(value_of(overlap, j % PANEL));
                subtract(step.map(|lanes| lanes.mul(overlap)), earlier);
            }
        }
        for (four, values) in self.columns.chunks_exact(reflectors).zip(panel.chunks_exact_mut(LANES)) {
            for (sums, values) in tile::<V>(four, steps).into_iter().zip(values) {
                subtract(sums, values);
            }
        }
    }
}

/// Multiplies all reflectors with eight rows.
#[inline(never)]
fn project<V: Vector>(fours: &Packed<1>, panel: &Packed<TILE_VECTORS>, to: &mut Packed<TILE_VECTORS>) {
    for (four, to) in fours.chunks_exact(panel.len()).zip(to.chunks_exact_mut(LANES)) {
        for (sums, to) in tile::<V>(four, panel).into_iter().zip(to) {
            store(sums, to);
        }
    }
}

/// Calls the register tile out of line. Distances have a copy of their own: here, returned sums go through memory.
#[inline(never)]
fn tile<V: Vector>(x: &Packed<1>, c: &Packed<TILE_VECTORS>) -> [[V; TILE_VECTORS]; LANES] {
    micro_kernel::<V>(x, c)
}

#[inline]
fn load<V: Vector>([low, high]: &Column) -> [V; TILE_VECTORS] {
    [V::load(low), V::load(high)]
}

#[inline]
fn store<V: Vector>([low, high]: [V; TILE_VECTORS], to: &mut Column) {
    low.store(&mut to[0]);
    high.store(&mut to[1]);
}

#[inline]
fn subtract<V: Vector>([low, high]: [V; TILE_VECTORS], from: &mut Column) {
    let [from_low, from_high] = load::<V>(from);
    store([from_low.sub(low), from_high.sub(high)], from);
}
