//! The two smallest distances of a row.

use crate::simd::vector::{LANES, Vector, min_or_first};

/// d₁ and d₂ of a row; infinite where there are none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Smallest {
    /// Class of d₁, the lowest among equals; `None` if no distance is finite.
    pub(crate) class: Option<usize>,
    pub(crate) min: f32,
    pub(crate) second: f32,
}

impl Smallest {
    /// Smallest of `distances`.
    pub(crate) fn of<V: Vector>(distances: &[[f32; LANES]]) -> Self {
        let mut lows = Lows::<V>::new();
        for four in distances {
            lows.observe(four);
        }
        lows.finish(distances)
    }
}

/// Two smallest values of each lane.
pub(crate) struct Lows<V> {
    lows: V,
    nexts: V,
}

impl<V: Vector> Lows<V> {
    pub(crate) fn new() -> Self {
        Self { lows: V::splat(f32::INFINITY), nexts: V::splat(f32::INFINITY) }
    }

    /// Observes four distances. NaN is never smaller.
    #[inline]
    pub(crate) fn observe(&mut self, distances: &[f32; LANES]) {
        let distances = V::load(distances);
        self.nexts = self.nexts.min_or_self(self.lows.max(distances));
        self.lows = self.lows.min_or_self(distances);
    }

    /// Smallest of the distances that were observed, which are `distances`.
    #[inline(never)]
    pub(crate) fn finish(self, distances: &[[f32; LANES]]) -> Smallest {
        let [mut min, mut second] = [f32::INFINITY; 2];
        for value in self.lows.to_array().into_iter().chain(self.nexts.to_array()) {
            second = min_or_first(second, if value < min { min } else { value });
            min = min_or_first(min, value);
        }
        Smallest { class: position::<V>(distances, min), min, second }
    }
}

/// First position of a finite value that is the smallest; `None` if it is infinite.
pub(crate) fn position<V: Vector>(distances: &[[f32; LANES]], min: f32) -> Option<usize> {
    let limit = V::splat(min.next_up());
    let (i, four) = distances.iter().enumerate().find(|(_, four)| limit.greater_mask(V::load(four)) != 0)?;
    Some(i * LANES + four.iter().position(|distance| *distance <= min)?)
}
