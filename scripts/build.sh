# The steps from sources to dist/: npm packages, the WebAssembly module, the TypeScript around it.
# shellcheck shell=bash

GENERATED=build/generated/wasm

ensure_node() {
  command -v node >/dev/null || die "no Node.js: install version 20 or newer from https://nodejs.org and run this again."
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
    die "Node.js $(node -v) is too old: install version 20 or newer and run this again."
}

ensure_packages() {
  cmp -s package-lock.json node_modules/.installed-lock.json && return
  step "npm packages" npm ci --no-audit --no-fund ||
    die "npm packages could not be installed: check that npm reaches its registry and run this again."
  cp package-lock.json node_modules/.installed-lock.json
}

# What a build depends on, as one number.
fingerprint() { # fingerprint PATH...
  find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum
}

is_current() { # is_current STAMP FINGERPRINT PRODUCT
  [ -f "$1" ] && [ "$(cat "$1")" = "$2" ] && [ -e "$3" ]
}

build_wasm() {
  local inputs
  inputs=$(fingerprint crate/src crate/Cargo.toml Cargo.toml Cargo.lock .cargo scripts package-lock.json)
  is_current build/wasm.stamp "$inputs" "$GENERATED/bytes.js" && return
  ensure_toolchain
  # The stamp goes first: it must not vouch for a build that failed half-way.
  rm -rf build/wasm.stamp "$GENERATED"
  step "WebAssembly module (wasm-pack)" run_wasm_pack || die "the crate does not build; see above."
  step "wasm-opt" optimize_wasm || die "wasm-opt failed; see above."
  printf '%s' "$inputs" >build/wasm.stamp
}

run_wasm_pack() {
  # A target folder of its own: the wasm compiler may be another than the native one, and they would undo each other.
  # wasm-pack looks for rustc on the PATH, cargo in RUSTC.
  PATH="${WASM_RUSTC:+${WASM_RUSTC%/*}:}$PATH" CARGO_TARGET_DIR=$PWD/target/wasm RUSTC=${WASM_RUSTC:-rustc} wasm-pack build crate --mode no-install --target web \
    --release --no-pack --out-dir "../$GENERATED" --out-name kernels
}

optimize_wasm() {
  local wasm=$GENERATED/kernels_bg.wasm
  node_modules/.bin/wasm-opt "$wasm" -o "$wasm" -O3 --converge --enable-simd --enable-bulk-memory \
    --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals --enable-reference-types \
    --enable-multivalue --strip-debug --strip-producers --strip-target-features &&
    node scripts/inline-wasm.js "$wasm" "$GENERATED/bytes.js"
}

build_package() {
  local inputs
  inputs=$(fingerprint src "$GENERATED" tsconfig.json package-lock.json)
  is_current build/dist.stamp "$inputs" dist/wasm/kernels.js && return
  rm -rf build/dist.stamp dist
  step "TypeScript (tsc)" node_modules/.bin/tsc || die "the TypeScript sources do not compile; see above."
  mkdir -p dist/wasm
  cp "$GENERATED"/{kernels.js,kernels.d.ts,bytes.js,bytes.d.ts} dist/wasm/
  printf '%s' "$inputs" >build/dist.stamp
}

build() {
  ensure_node
  mkdir -p build
  ensure_packages
  build_wasm
  build_package
  say "  built: dist/, $(wc -c <"$GENERATED/kernels_bg.wasm") bytes of WebAssembly, $(gzip -9c "$GENERATED/kernels_bg.wasm" | wc -c) gzipped"
}
