# Benchmarks: the time of calls beside the alternatives, and the time until a program has its first result.
# shellcheck shell=bash

ensure_baselines() { ensure_packages bench/baselines "what the package is timed against, and a newer Node (600 MB)"; }

run_bench() {
  case ${1:-} in
    coldstart) ensure_baselines && node bench/baselines/coldstart/main.js "${@:2}" ;;
    open-set | init | statistics | classes | shapes) node bench/main.js "$@" ;;
    *) ensure_baselines && node bench/main.js "$@" ;;
  esac
}
