# A Python environment for the Ray example. The package needs no Python, to be used or to be built.
# shellcheck shell=bash

# The oldest version that the pinned packages support.
PYTHON_MINOR=11

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3 python3.{11..14}; do
    [ -n "$candidate" ] && "$candidate" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, $PYTHON_MINOR))" \
      2>/dev/null && printf '%s' "$candidate" && return
  done
  return 1
}

# Only wheels are installed, since a test must not depend on a compiler.
install_python_packages() { # install_python_packages PYTHON VENV REQUIREMENTS
  rm -rf "$2"
  "$1" -m venv "$2" && "$2/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --requirement "$3" &&
    touch "$2/.installed"
}

test_ray() {
  local python venv requirements=examples/ray/requirements.txt
  if ! python=$(find_python); then
    say "  Ray: skipped, no Python ≥ 3.$PYTHON_MINOR with venv"
    return
  fi
  # One environment for each version of the list and of Python.
  venv=$CACHE/venv-$({ cat "$requirements"; "$python" -VV; } | cksum | cut -d' ' -f1)
  if [ ! -f "$venv/.installed" ] &&
    ! step "Python packages: Ray (130 MB)" install_python_packages "$python" "$venv" "$requirements"; then
    say "  Ray: skipped, pip could not install it"
    return
  fi
  # Ray's telemetry is off.
  check "Ray: many machines give the fit of one" \
    env RAY_USAGE_STATS_ENABLED=0 PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" -m pytest --quiet -p no:cacheprovider examples/ray
}
