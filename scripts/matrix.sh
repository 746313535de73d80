# The runtimes and bundlers that the package is tried in.
# shellcheck shell=bash

# Installs the browsers of a full run. The rows of one that can't be installed are skipped, with the reason.
ensure_browsers() {
  ensure_chromium
  [ -x /usr/bin/firefox-esr ] || step "Firefox ESR from apt" apt_install firefox-esr || true
  [ -x /usr/bin/WebKitWebDriver ] || step "WebKitGTK from apt" apt_install webkit2gtk-driver xvfb xauth || true
}

run_matrix() {
  ensure_packages test/runtimes "the matrix (2 GB)"
  ensure_browsers
  ensure_bits
  node test/runtimes/main.js "$@"
}

# What a new user does with the packed package, each time in an empty folder.
run_newcomer() { # run_newcomer [WORD...]
  ensure_packages test/runtimes "the matrix (2 GB)"
  ensure_chromium
  node test/newcomer/main.js "$@"
}
