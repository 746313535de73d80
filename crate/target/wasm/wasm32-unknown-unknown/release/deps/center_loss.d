/work/main/crate/target/wasm/wasm32-unknown-unknown/release/deps/center_loss.d: crate/src/lib.rs crate/src/center_gradient.rs crate/src/distance.rs crate/src/groups.rs crate/src/init.rs crate/src/loss.rs crate/src/predict.rs crate/src/row_sum.rs crate/src/rows.rs crate/src/shape.rs crate/src/softmin.rs crate/src/update.rs crate/src/vector.rs crate/src/workspace.rs crate/src/boundary.rs

/work/main/crate/target/wasm/wasm32-unknown-unknown/release/deps/center_loss.wasm: crate/src/lib.rs crate/src/center_gradient.rs crate/src/distance.rs crate/src/groups.rs crate/src/init.rs crate/src/loss.rs crate/src/predict.rs crate/src/row_sum.rs crate/src/rows.rs crate/src/shape.rs crate/src/softmin.rs crate/src/update.rs crate/src/vector.rs crate/src/workspace.rs crate/src/boundary.rs

/work/main/crate/target/wasm/wasm32-unknown-unknown/release/deps/libcenter_loss.rlib: crate/src/lib.rs crate/src/center_gradient.rs crate/src/distance.rs crate/src/groups.rs crate/src/init.rs crate/src/loss.rs crate/src/predict.rs crate/src/row_sum.rs crate/src/rows.rs crate/src/shape.rs crate/src/softmin.rs crate/src/update.rs crate/src/vector.rs crate/src/workspace.rs crate/src/boundary.rs

crate/src/lib.rs:
crate/src/center_gradient.rs:
crate/src/distance.rs:
crate/src/groups.rs:
crate/src/init.rs:
crate/src/loss.rs:
crate/src/predict.rs:
crate/src/row_sum.rs:
crate/src/rows.rs:
crate/src/shape.rs:
crate/src/softmin.rs:
crate/src/update.rs:
crate/src/vector.rs:
crate/src/workspace.rs:
crate/src/boundary.rs:
