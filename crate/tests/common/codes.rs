//! Codes of centers that a test owns.

use center_loss::distance::coded::{self, BLOCK, Codes, PairCodes};
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;

/// Codes with their memory.
pub(crate) struct OwnedCodes {
    step: f32,
    origin: Vec<f32>,
    codes: Vec<PairCodes>,
    terms: Vec<[f32; BLOCK]>,
    sums: Vec<[u32; BLOCK]>,
    row: Vec<u32>,
    rest: Vec<f32>,
}

impl OwnedCodes {
    /// Codes of these centers, with memory for one more block.
    pub(crate) fn of(centers: Rows) -> Self {
        let (blocks, dim) = (centers.count().div_ceil(BLOCK) + 1, centers.dim());
        let mut codes = Self {
            step: f32::NAN,
            origin: vec![f32::NAN; dim],
            codes: vec![[[0; 8]; 4]; blocks * coded::pairs(dim)],
            terms: vec![[f32::NAN; BLOCK]; blocks * coded::terms(dim)],
            sums: vec![[7; BLOCK]; blocks],
            row: vec![7; coded::pairs(dim) + 1],
            rest: vec![f32::NAN; coded::rounds(dim)],
        };
        codes.step = codes.with(|codes| {
            codes.fit(centers);
            codes.step
        });
        codes
    }

    /// Calls `f` with the codes.
    pub(crate) fn with<T>(&mut self, f: impl FnOnce(&mut Codes) -> T) -> T {
        let Self { step, origin, codes, terms, sums, row, rest } = self;
        f(&mut Codes { step: *step, origin, codes, terms, sums, row, rest })
    }

    /// Nearest classes of the rows.
    pub(crate) fn predict(&mut self, x: Rows, centers: Rows) -> Vec<i32> {
        (0..x.count())
            .map(|row| self.with(|codes| codes.nearest::<Lanes>(x.row(row), centers)).map_or(-1, |class| class as i32))
            .collect()
    }
}
