# Printing for build.sh: what is being done, how long it took, and what to do when it fails.
# shellcheck shell=bash

say() { printf '%s\n' "$*"; }

# One sentence that says what to do, then stop.
die() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}

# step "what it does" command...: runs the command, keeps its output in a log, prints the time it took,
# and prints the end of the log only when the command fails.
step() {
  local what=$1 log started status
  shift
  log=$(mktemp "${TMPDIR:-/tmp}/center-loss-step.XXXXXX")
  started=$SECONDS
  [ -z "${CI:-}" ] || printf '  … %s\n' "$what"
  "$@" >"$log" 2>&1 && status=0 || status=$?
  if [ "$status" -eq 0 ]; then
    printf '  ✓ %s (%d s)\n' "$what" $((SECONDS - started))
  else
    tail -n 60 "$log" >&2
    printf '  ✗ %s (%d s)\n' "$what" $((SECONDS - started)) >&2
  fi
  rm -f "$log"
  return "$status"
}
