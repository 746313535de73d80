# The steps from sources to dist/: npm packages, the WebAssembly module, the TypeScript around it.
# shellcheck shell=bash

GENERATED=build/generated

ensure_node() {
  command -v node >/dev/null || die "no Node.js: install version 20 or newer from https://nodejs.org and run this again."
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
    die "Node.js $(node -v) is too old: install version 20 or newer and run this again."
}

# Packages as a lock file names them, installed once for each version of it. No install scripts: what we use needs none.
ensure_packages() { # ensure_packages FOLDER WHAT
  cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock.json" && return
  step "npm packages: $2" npm ci --prefix "$1" --no-audit --no-fund --ignore-scripts ||
    die "npm packages could not be installed: check that npm reaches its registry and run this again."
  cp "$1/package-lock.json" "$1/node_modules/.installed-lock.json"
}

# What a build depends on, as one number.
fingerprint() { # fingerprint PATH...
  find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum
}

is_current() { # is_current STAMP FINGERPRINT PRODUCT
  [ -f "$1" ] && [ "$(cat "$1")" = "$2" ] && [ -e "$3" ]
}

# The kernels three times: with SIMD, without (portable), and those translated to JavaScript.
build_wasm() {
  local inputs
  inputs=$(fingerprint crate/src crate/Cargo.toml Cargo.toml Cargo.lock .cargo scripts package-lock.json)
  is_current build/wasm.stamp "$inputs" "$GENERATED/wasm/translated.js" && return
  ensure_toolchain
  # The stamp goes first: it must not vouch for a build that failed half-way.
  rm -rf build/wasm.stamp "$GENERATED"
  mkdir -p "$GENERATED/wasm"
  step "kernels with SIMD (cargo)" compile_wasm simd || die "the crate does not build; see above."
  step "portable kernels (cargo)" compile_portable || die "the crate does not build without SIMD; see above."
  step "wasm-opt" optimize_wasm || die "wasm-opt failed; see above."
  step "JavaScript around and instead of it" generate_javascript || die "the JavaScript could not be made; see above."
  "${WASM_RUSTC:-rustc}" --version >build/compiler.txt
  printf '%s' "$inputs" >build/wasm.stamp
}

# A target folder of its own: the wasm compiler may be another than the native one, and they would undo each other.
compile_wasm() { # compile_wasm NAME-OF-TARGET-FOLDER [OPTION...]
  CARGO_TARGET_DIR=$PWD/target/$1 RUSTC=${WASM_RUSTC:-rustc} \
    cargo build --package center-loss --lib --release --target wasm32-unknown-unknown "${@:2}"
}

compile_portable() {
  # Added to the flags of .cargo/config.toml, and stronger.
  compile_wasm portable --config \
    'target.wasm32-unknown-unknown.rustflags = ["-C", "target-cpu=mvp", "-C", "target-feature=-simd128"]'
}

# No address that the kernels are given lies in the first kilobyte, the far end of the stack, so that an offset added to
# one is part of the load or store.
WASM_OPT=(node_modules/.bin/wasm-opt -O3 --converge --low-memory-unused
  --one-caller-inline-max-function-size=0 --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext
  --enable-mutable-globals --strip-debug --strip-producers --strip-target-features)

optimize_wasm() {
  local product=wasm32-unknown-unknown/release/center_loss.wasm
  "${WASM_OPT[@]}" --enable-simd target/simd/$product -o "$GENERATED/center-loss.wasm" &&
    # wasm2js knows none of what came after WebAssembly's first version.
    "${WASM_OPT[@]}" --llvm-memory-copy-fill-lowering --llvm-nontrapping-fptoint-lowering --signext-lowering \
      target/portable/$product -o build/portable.wasm
}

generate_javascript() {
  node scripts/inline-wasm.js "$GENERATED/center-loss.wasm" "$GENERATED/wasm/bytes.js" &&
    node_modules/.bin/wasm2js -O3 build/portable.wasm -o build/translated.js &&
    node scripts/translate.js build/translated.js "$GENERATED/wasm/translated.js"
}

build_package() {
  local inputs
  inputs=$(fingerprint src scripts "$GENERATED" tsconfig.json package-lock.json)
  is_current build/dist.stamp "$inputs" dist/center-loss.wasm && return
  rm -rf build/dist.stamp build/tsc dist
  step "TypeScript (tsc)" node_modules/.bin/tsc || die "the TypeScript sources do not compile; see above."
  cp -R "$GENERATED/wasm" build/tsc/
  step "files to publish (esbuild)" node scripts/bundle.js build/tsc dist || die "the entries could not be bundled; see above."
  cp "$GENERATED/center-loss.wasm" src/center-loss.d.wasm.ts dist/
  printf '%s' "$inputs" >build/dist.stamp
}

build() {
  ensure_node
  mkdir -p build
  ensure_packages . "build and tests"
  build_wasm
  build_package
  say "  built: dist/, $(wc -c <dist/center-loss.wasm) bytes of WebAssembly, $(gzip -9c dist/center-loss.wasm | wc -c) gzipped"
}
