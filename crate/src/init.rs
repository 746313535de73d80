//! Where centers start.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::shape::{at, at_mut};
use crate::vector::sqrt;

/// Standard normal values, the same for a seed on every machine: Marsaglia's polar method on xoshiro256++.
#[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
pub fn normal(values: &mut [f32], seed: u64) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    for pair in values.chunks_mut(2) {
        for (value, normal) in pair.iter_mut().zip(normal_pair(&mut rng)) {
            *value = normal as f32;
        }
    }
}

fn normal_pair(rng: &mut impl Rng) -> [f64; 2] {
    loop {
        let [u, v] = [symmetric_uniform(rng), symmetric_uniform(rng)];
        let square = u * u + v * v;
        if square > 0.0 && square < 1.0 {
            let factor = sqrt(-2.0 * libm::log(square) / square);
            return [u * factor, v * factor];
        }
    }
}

/// Uniform in −1 … 1, from the upper 53 bits.
#[allow(clippy::cast_precision_loss, reason = "53 bits are exact in float64")]
fn symmetric_uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (2.0 / (1_u64 << 53) as f64) - 1.0
}

/// A random orthogonal matrix, as `torch.nn.init.orthogonal_`: the rows are orthonormal if there are no more than
/// dimensions, else the columns are. Normal values, then Gram-Schmidt, twice (once is not enough in `f32`:
/// Giraud et al. 2005).
pub fn orthogonal(values: &mut [f32], n_classes: usize, n_dim: usize, seed: u64) {
    normal(values, seed);
    let vectors = if n_classes <= n_dim {
        Strided { count: n_classes, len: n_dim, next_vector: n_dim, next_value: 1 }
    } else {
        Strided { count: n_dim, len: n_classes, next_vector: 1, next_value: n_dim }
    };
    for vector in 0..vectors.count {
        for _ in 0..2 {
            for earlier in 0..vector {
                let overlap = vectors.dot(values, vector, earlier);
                vectors.update(values, vector, earlier, |value, earlier| value - overlap * earlier);
            }
            let length = sqrt(vectors.dot(values, vector, vector));
            vectors.update(values, vector, vector, |value, _| value / length);
        }
    }
}

/// The rows or the columns of a matrix.
struct Strided {
    count: usize,
    len: usize,
    next_vector: usize,
    next_value: usize,
}

impl Strided {
    fn place(&self, vector: usize, value: usize) -> usize {
        vector * self.next_vector + value * self.next_value
    }

    fn dot(&self, values: &[f32], a: usize, b: usize) -> f64 {
        (0..self.len).map(|i| f64::from(at(values, self.place(a, i))) * f64::from(at(values, self.place(b, i)))).sum()
    }

    #[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
    fn update(&self, values: &mut [f32], vector: usize, other: usize, f: impl Fn(f64, f64) -> f64) {
        for i in 0..self.len {
            let other = f64::from(at(values, self.place(other, i)));
            let value = at_mut(values, self.place(vector, i));
            *value = f(f64::from(*value), other) as f32;
        }
    }
}

/// The unit vectors of the first C dimensions.
pub fn unit_vectors(values: &mut [f32], n_dim: usize) {
    values.fill(0.0);
    for row in values.chunks_mut((n_dim + 1).max(1)) {
        *at_mut(row, 0) = 1.0;
    }
}

/// values ← magnitude · values
#[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
pub fn scale(values: &mut [f32], magnitude: f64) {
    for value in values {
        *value = (f64::from(*value) * magnitude) as f32;
    }
}
