# Everything that must hold before a change lands: formatters and linters, native kernels, the package.
# shellcheck shell=bash

PASSED=0
FAILED=0
SKIPPED=0

count() { PASSED=$((PASSED + $1)) FAILED=$((FAILED + $2)); }

# check "what" command...: one test, passed if the command succeeds.
check() {
  if step "$@"; then count 1 0; else count 0 1; fi
}

# skip "what" "why": one check that cannot run here.
skip() {
  say "  - $1: skipped, $2"
  SKIPPED=$((SKIPPED + 1))
}

ensure_chromium() {
  CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v google-chrome || command -v chromium-browser || true)}
  if [ -z "$CHROMIUM" ]; then
    step "Chromium from apt" apt_install chromium && CHROMIUM=/usr/bin/chromium ||
      die "reports and suites are tested in Chromium: install it, or set CHROMIUM to its path, and run this again."
  fi
  export CHROMIUM
}

# Writes build/bits.json, the results of the native lanes, for the suites to compare with.
ensure_bits() {
  mkdir -p build
  step "results of the native lanes" cargo test --quiet --test kernels -- --ignored write_bits ||
    die "the native results could not be computed; see above."
}

test_rust() {
  local log=build/cargo-test.log
  say "cargo test: kernels on native lanes"
  local passed failed status=0
  RUST_BACKTRACE=0 cargo test --quiet 2>&1 | tee "$log" || status=$?
  passed=$(cargo_tests passed "$log")
  failed=$(cargo_tests failed "$log")
  # A binary that did not build or that crashed has no such line.
  [ "$failed" -gt 0 ] || [ "$status" -eq 0 ] && [ "$passed" -gt 0 ] || failed=$((failed + 1))
  count "$passed" "$failed"
}

# Sums the tests that passed, or failed, over the line with which cargo closes each test binary.
cargo_tests() { # cargo_tests passed|failed LOG
  sed -n "s/^test result: .* \([0-9]*\) $1;.*/\1/p" "$2" | awk '{ sum += $1 } END { print sum + 0 }'
}

# Suites of vitest's projects, or those of a path.
test_suites() { # test_suites WHAT PATH PROJECT...
  local report=build/vitest.json what=$1 path=$2
  shift 2
  say "vitest: $what"
  rm -f "$report"
  node_modules/.bin/vitest run "$path" "${@/#/--project=}" --reporter=default --reporter=json --outputFile.json="$report" || true
  if [ -f "$report" ]; then
    # shellcheck disable=SC2046
    count $(node -p "const r = require('./$report'); [r.numPassedTests, r.numFailedTests + (r.success ? 0 : +!r.numFailedTests)].join(' ')")
  else
    count 0 1
  fi
}

# A program that writes how many of its checks passed and failed.
test_program() { # test_program WHAT COUNT.json COMMAND...
  local counted=$2
  say "$1"
  rm -f "$counted"
  "${@:3}" || true
  if [ -f "$counted" ]; then
    # shellcheck disable=SC2046
    count $(node -p "const c = require('./$counted'); [c.passed, c.failed].join(' ')")
  else
    count 0 1
  fi
}

# Formatters, linters and types. The types of bench/, examples/ and the matrix need their packages: see run_all.
lint() {
  check "cargo fmt" cargo fmt --check
  if cargo clippy --version >/dev/null 2>&1; then
    check "clippy, native" cargo clippy --quiet --all-targets -- -D warnings
    if has_wasm32 rustc; then
      check "clippy, wasm32" env CARGO_TARGET_DIR="$PWD/target/wasm" cargo clippy --quiet --target wasm32-unknown-unknown -- -D warnings
    else
      skip "clippy, wasm32" "the toolchain that it comes with lacks the target"
    fi
  else
    skip "clippy" "not installed (rustup component add clippy)"
  fi
  check "Biome" node_modules/.bin/biome ci --error-on-warnings
  check "first words of doc comments" node scripts/lint-comments.js
  check "TypeScript of tests and scripts" node_modules/.bin/tsc --project tsconfig.tests.json
  check "public API as in test/package/api" same_api
  check "every public name is documented" all_documented
}

# Every public name and member has a doc comment, which editors and the API reference show.
all_documented() {
  ! grep -n -A1 '(undocumented)' build/api/*.api.md
}

# The public names and types of every entry, as the build found them: a change of them shows in review.
same_api() {
  diff --recursive --exclude=temp test/package/api build/api && return
  say "if the change is right: cp build/api/*.api.md test/package/api"
  return 1
}

run_lint() {
  build
  ensure_toolchain
  lint
  finish
}

run_tests() { # run_tests [--all]
  case ${1:-} in '' | --all) ;; *) die "test takes no option but --all." ;; esac
  build
  ensure_toolchain
  ensure_chromium
  ensure_bits
  say "checks"
  lint
  check "instructions of the kernels: none over 5 % more than bench/instructions/counts.json" node scripts/instruction-counts.js
  test_rust
  test_suites "the package" test/ simd portable js
  [ -z "${1:-}" ] || run_all
  finish
}

# Checks that need the packages of bench/, examples/ and the matrix.
run_all() {
  ensure_browsers
  ensure_packages test/runtimes "the matrix (2 GB)"
  ensure_packages examples "the examples (500 MB)"
  ensure_packages site "the site (250 MB)"
  ensure_baselines
  reproduce
  check "site: no gap in the API reference" api_reference
  check "site: files" site_files
  check "site: no dead link" site_pages
  check "TypeScript of everything" node_modules/.bin/tsc --project tsconfig.tools.json
  check "spelling of the docs" site/node_modules/.bin/cspell --no-progress --quiet
  check "site: links, accessibility and programs of its pages in Chromium, training in Chromium and Firefox" node --test site/test
  check "bench coldstart runs, and all agree on the loss" node bench/baselines/coldstart/main.js --quick
  check "edge worker in workerd, 100,000 requests" env LOAD=100000 npm test --prefix examples/edge-worker
  check "many machines, in workerd, give the fit of one, 200,000 batches" \
    env LOAD=20000 BATCHES=200000 npm test --prefix examples/edge-fit
  check "threads give the results of one" npm test --prefix examples/threads
  check "sentences get a name or none, in transformers.js and ONNX Runtime Web" npm test --prefix examples/embeddings
  test_suites "MNIST" examples/ mnist
  ATTACK_CALLS=1000000 test_suites "a million random calls on each engine" test/contracts/attack simd portable js
  test_ray
  test_program "newcomer: the packed package in empty folders" build/newcomer.json node test/newcomer/main.js
  test_program "matrix: CI's part" build/matrix/count.json node test/runtimes/main.js --ci
}

finish() {
  say
  [ "$SKIPPED" -eq 0 ] || say "$SKIPPED skipped"
  # Programs read this line: it is the last one, of this form.
  say "$PASSED passed, $FAILED failed"
  [ "$FAILED" -eq 0 ]
}
