# The benchmarks: of the work, and of how long a program takes to its first result.
# shellcheck shell=bash

ensure_peers() { ensure_packages bench/peers "what the package is timed against, and a newer Node (390 MB)"; }

run_bench() {
  if [ "${1:-}" = coldstart ]; then
    shift
    ensure_packages bench/coldstart "what cold starts are compared with (380 MB)"
    node bench/coldstart/main.js "$@"
  else
    ensure_peers
    node bench/main.js "$@"
  fi
}
