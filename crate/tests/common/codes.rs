//! Codes of centers that a test owns.

use center_loss::distance::coded::{self, BLOCK, Codes, PairCodes};
use center_loss::rows::shape::Rows;
use center_loss::simd::vector::Lanes;

/// Codes with their memory.
pub(crate) struct OwnedCodes {
    blocks: usize,
    dim: usize,
    codes: Vec<PairCodes>,
    floats: Vec<f32>,
    words: Vec<u32>,
}

impl OwnedCodes {
    /// Codes of these centers, with memory for one more block.
    pub(crate) fn of(centers: Rows) -> Self {
        let (blocks, dim) = (centers.count().div_ceil(BLOCK) + 1, centers.dim());
        let [codes, floats, words] = coded::lengths(blocks, dim);
        let (codes, floats, words) = (vec![[[0; 8]; 4]; codes], vec![f32::NAN; floats], vec![7; words]);
        let mut owned = Self { blocks, dim, codes, floats, words };
        owned.view().fit::<Lanes>(centers);
        owned
    }

    pub(crate) fn view(&mut self) -> Codes<'_> {
        Codes::new(self.blocks, self.dim, &mut self.codes, &mut self.floats, &mut self.words)
    }

    /// Nearest class of each row; `None` for one that is cut off.
    pub(crate) fn predict(&mut self, x: Rows, centers: Rows) -> Vec<Option<i32>> {
        let mut codes = self.view();
        let mut nearest = |row| {
            let mut class = [i32::MAX];
            codes.predict::<Lanes>(x.chunk(row, 1), centers, &mut class).then_some(class[0])
        };
        (0..x.count()).map(&mut nearest).collect()
    }
}
