//! Stochastic gradient descent of the centers.

use crate::rows::walk::for_lanes;
use crate::simd::vector::{Vector, round_to_f32};

/// velocity ← momentum·velocity + gradient, centers ← centers − rate·velocity, as `torch.optim.SGD` without weight
/// decay, dampening or Nesterov. With an empty `velocity`, the gradient takes its place.
pub fn sgd<V: Vector>(centers: &mut [f32], gradient: &[f32], velocity: &mut [f32], rate: f64, momentum: f64) {
    let (negative_rate, momentum) = (V::splat(round_to_f32(-rate)), V::splat(round_to_f32(momentum)));
    let mut direction = gradient;
    if !velocity.is_empty() {
        for_lanes::<V, 1, 1>([gradient], [velocity], |[g], [v]| [momentum.mul_add(v, g)]);
        direction = velocity;
    }
    for_lanes::<V, 1, 1>([direction], [centers], |[v], [c]| [negative_rate.mul_add(v, c)]);
}
