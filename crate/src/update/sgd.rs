//! Stochastic gradient descent of the centers.

use crate::rows::walk::for_lanes;
use crate::simd::vector::Vector;

/// velocity ← momentum·velocity + gradient, centers ← centers − rate·velocity; without a velocity (an empty one) that is
/// the gradient itself: `torch.optim.SGD` without weight decay, dampening or Nesterov.
#[allow(clippy::cast_possible_truncation, reason = "centers are float32")]
pub fn sgd<V: Vector>(centers: &mut [f32], gradient: &[f32], velocity: &mut [f32], rate: f64, momentum: f64) {
    let (back, momentum) = (V::splat(-rate as f32), V::splat(momentum as f32));
    let mut direction = gradient;
    if !velocity.is_empty() {
        for_lanes::<V, 1, 1>([gradient], [velocity], |[g], [v]| [momentum.mul_add(v, g)]);
        direction = velocity;
    }
    for_lanes::<V, 1, 1>([direction], [centers], |[v], [c]| [back.mul_add(v, c)]);
}
