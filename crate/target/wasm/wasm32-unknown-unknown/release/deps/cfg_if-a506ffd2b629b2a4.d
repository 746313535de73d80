/work/main/crate/target/wasm/wasm32-unknown-unknown/release/deps/cfg_if-a506ffd2b629b2a4.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/work/main/crate/target/wasm/wasm32-unknown-unknown/release/deps/libcfg_if-a506ffd2b629b2a4.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/work/main/crate/target/wasm/wasm32-unknown-unknown/release/deps/libcfg_if-a506ffd2b629b2a4.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs:
