# Where the package comes from: a build that anybody can repeat, and what is known about the software of others.
# shellcheck shell=bash

# Package that `reproduce` leaves: the workflow `publish` takes it from here.
PACKED=build/center-loss.tgz

# Builds the sources a second time, in a folder of another name, and packs both.
build_twice() { # build_twice SCRATCH-FOLDER
  local second=$1/another-name
  mkdir "$second" "$1"/{a,b}
  git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --create --file=- |
    tar --extract --directory="$second" --file=- &&
    (cd "$second" && ./build.sh build) &&
    diff --recursive dist "$second/dist" &&
    npm pack --ignore-scripts --silent --pack-destination "$1/a" &&
    npm pack --ignore-scripts --silent --pack-destination "$1/b" "$second" &&
    cmp "$1"/{a,b}/*.tgz && mv "$1"/a/*.tgz "$PACKED"
}

reproduce() {
  local scratch
  scratch=$(mktemp -d)
  check "two builds in two folders give the same bytes" build_twice "$scratch"
  rm -rf "$scratch"
}

# Prints the digest of a file as npm writes it: `npm view center-loss dist.integrity` shows that of the release.
integrity() { # integrity FILE
  node -p "'sha512-' + crypto.createHash('sha512').update(fs.readFileSync('$1')).digest('base64')"
}

run_reproduce() {
  build
  reproduce
  [ "$FAILED" -gt 0 ] || say "  built: $PACKED, $(integrity "$PACKED")"
  finish
}

# Licences, sources and known faults of crates, and of the npm packages that the build uses or puts inside. A check whose tool or database is not here is skipped.
audit() {
  if cargo deny --version >/dev/null 2>&1; then
    check "cargo deny: licences, sources and versions" cargo deny check licenses bans sources
    if cargo deny fetch db >/dev/null 2>&1; then
      check "cargo deny: advisories" cargo deny check advisories
    else
      skip "cargo deny: advisories" "their database cannot be reached"
    fi
  else
    skip "cargo deny" "not installed (cargo install cargo-deny --locked)"
  fi
  # With faults found npm fails too, so that the text says if there was an answer.
  if [[ $(npm audit --json 2>/dev/null || true) == *auditReportVersion* ]]; then
    check "npm audit" npm audit --audit-level=high --package-lock-only
  else
    skip "npm audit" "the registry gives no advisories here"
  fi
}

# Fails where a check was skipped: who asks for the audit alone wants all of it.
run_audit() {
  ensure_cargo
  audit
  finish && [ "$SKIPPED" -eq 0 ]
}
