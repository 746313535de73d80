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

# Checksum of all files that a build depends on.
fingerprint() { # fingerprint PATH...
  find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum
}

is_current() { # is_current STAMP FINGERPRINT PRODUCT
  [ -f "$1" ] && [ "$(cat "$1")" = "$2" ] && [ -e "$3" ]
}

# The module three times: with SIMD, without (portable), and that translated to JavaScript.
build_wasm() {
  local inputs
  inputs=$(fingerprint crate/src crate/Cargo.toml Cargo.toml Cargo.lock .cargo scripts package-lock.json)
  is_current build/wasm.stamp "$inputs" "$GENERATED/wasm/translated.js" && return
  ensure_toolchain
  ensure_wasm_tools
  # The stamp goes first: it must not vouch for a build that failed half-way.
  rm -rf build/wasm.stamp "$GENERATED.part"
  mkdir -p "$GENERATED.part/wasm"
  step "module with SIMD (wasm-pack)" compile_wasm simd || die "the crate does not build; see above."
  step "portable module (wasm-pack)" compile_wasm portable --config "$(flags "${PORTABLE[@]}")" ||
    die "the crate does not build without SIMD; see above."
  step "wasm-opt" optimize_wasm "$GENERATED.part" || die "wasm-opt failed; see above."
  step "JavaScript around and instead of it" generate_javascript "$GENERATED.part" ||
    die "the JavaScript could not be made; see above."
  rm -rf "$GENERATED" && mv "$GENERATED.part" "$GENERATED"
  "${WASM_RUSTC:-rustc}" --version >build/compiler.txt
  printf '%s' "$inputs" >build/wasm.stamp
}

# Compiles the crate to build/NAME. The target folder is not that of native builds: the wasm compiler may be another, and
# each would undo the work of the other. wasm-pack asks the rustc on PATH, cargo the one in RUSTC.
compile_wasm() { # compile_wasm NAME [CARGO-OPTION...]
  env PATH="${WASM_RUSTC:+${WASM_RUSTC%/*}:}$PATH" RUSTC="${WASM_RUSTC:-rustc}" CARGO_TARGET_DIR="$PWD/target/wasm" \
    wasm-pack build crate --mode no-install --target bundler --release --no-opt --no-pack --out-dir "$PWD/build/$1" \
    -- "${@:2}"
}

# Prints flags as a setting of cargo. They come after those of .cargo/config.toml and override them.
flags() { # flags FLAG...
  local quoted
  quoted=$(printf '"-C", "%s", ' "$@")
  printf 'target.wasm32-unknown-unknown.rustflags = [%s]' "${quoted%, }"
}

PORTABLE=(target-cpu=mvp target-feature=-simd128)

# --low-memory-unused: the first kilobyte is the far end of the stack and holds no data, so that wasm-opt may make an offset
# that is added to an address part of the load or store.
WASM_OPT=(node_modules/.bin/wasm-opt -O3 --converge --low-memory-unused
  --one-caller-inline-max-function-size=0 --flexible-inline-max-function-size=0
  --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals
  --strip-debug --strip-producers --strip-target-features)

optimize_wasm() { # optimize_wasm FOLDER
  # wasm2js knows none of what came after WebAssembly's first version.
  local lower=(--llvm-memory-copy-fill-lowering --llvm-nontrapping-fptoint-lowering --signext-lowering)
  "${WASM_OPT[@]}" --enable-simd build/simd/center_loss_bg.wasm -o "$1/center-loss.wasm" &&
    "${WASM_OPT[@]}" "${lower[@]}" build/portable/center_loss_bg.wasm -o build/portable.wasm
}

generate_javascript() { # generate_javascript FOLDER
  cmp build/simd/center_loss_bg.js build/portable/center_loss_bg.js &&
    node scripts/bindings.js build/simd "$1/wasm" &&
    node scripts/inline-wasm.js "$1/center-loss.wasm" "$1/wasm/bytes.js" &&
    node_modules/.bin/wasm2js -O3 build/portable.wasm -o build/translated.js &&
    node scripts/translate.js build/translated.js "$1/wasm/translated.js"
}

# Only the command line may use the interfaces of Node, and so it has a check of its own.
bundle_cli() { node_modules/.bin/tsc --project tsconfig.cli.json && node scripts/bundle-cli.js src dist/cli.js; }

build_package() {
  local inputs
  inputs=$(fingerprint src scripts "$GENERATED" tsconfig.json tsconfig.cli.json \
    package.json package-lock.json Cargo.lock crate/Cargo.toml crate/LICENSE-RUST-LIBRARY)
  is_current build/dist.stamp "$inputs" dist/center-loss.wasm && return
  rm -rf build/dist.stamp build/tsc build/api dist
  step "TypeScript (tsc)" node_modules/.bin/tsc || die "the TypeScript sources do not compile; see above."
  cp -R "$GENERATED/wasm" build/tsc/
  step "files to publish (esbuild)" node scripts/bundle.js build/tsc dist || die "the entries could not be bundled; see above."
  step "command line (tsc, esbuild)" bundle_cli || die "the command line could not be bundled; see above."
  step "bill of materials, licences" node scripts/third-party.js build/cli.meta.json dist ||
    die "the software of others in the package could not be listed; see above."
  step "types (API Extractor)" node scripts/types.js build/tsc dist build/api || die "the types could not be rolled up; see above."
  cp "$GENERATED/center-loss.wasm" src/entries/center-loss.d.wasm.ts dist/
  printf '%s' "$inputs" >build/dist.stamp
}

# The API reference as pages of the site, from the types that are published.
api_reference() { (cd site && node_modules/.bin/typedoc --options typedoc.json); }

# What the site serves beside its pages: the modules that programs of the docs import.
site_files() {
  rm -rf build/site-public
  mkdir -p build/site-public/run
  cp docs/pictures/logo.svg build/site-public/
  cp dist/{core,index,tfjs}.js build/site-public/run/
  cp node_modules/@tensorflow/tfjs/dist/tf.fesm.min.js build/site-public/run/tf.js
  node site/live/make-digits.js build/site-public/digits.bin
}

site_pages() { site/node_modules/.bin/vitepress build site; }

build_site() {
  ensure_packages site "the site (250 MB)"
  step "API reference (typedoc)" api_reference || die "the API reference has gaps; see above."
  step "files of the site" site_files || die "files of the site could not be made; see above."
  step "site (VitePress)" site_pages || die "the site could not be built; see above."
}

# Lets the examples, which are a project of their own, find the package by its name, also before their packages are there.
link_package() {
  [ -e examples/node_modules/center-loss ] || { mkdir -p examples/node_modules && ln -sfn ../.. examples/node_modules/center-loss; }
}

build() {
  ensure_node
  mkdir -p build
  # A second build waits for the first.
  exec 9>build/lock
  if command -v flock >/dev/null; then flock 9; fi
  ensure_packages . "build and tests"
  build_wasm
  build_package
  local file
  for file in center-loss.wasm index.js slim.js js.js; do
    say "  built: dist/$file, $(wc -c <"dist/$file") bytes, $(gzip -9c "dist/$file" | wc -c) gzipped"
  done
  exec 9>&-
}
