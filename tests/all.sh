#!/usr/bin/env bash
# Every test there is, in stages, quickest first. Ends at the first stage that fails.
set -euo pipefail
cd "$(dirname "$0")/.."

timings=()
stage() {
    local name=$1 began=$SECONDS
    shift
    printf '\n== %s: %s\n' "$name" "$*"
    "$@"
    timings+=("$(printf '%5d s  %s' "$((SECONDS - began))" "$name")")
}

# Whatever was compiled in another checkout; nothing here needs it.
tests/dependencies.sh take

stage format cargo fmt --all --check
# Those that no crate of its own leads to: the end-to-end tests find them by folder.
stage "format of plugins' end-to-end tests" rustfmt --edition 2024 --check plugins/*/tests/end_to_end/mod.rs
stage lint tests/progress.sh cargo clippy --workspace --all-targets -- -D warnings
# Every call names the whole workspace: then cargo takes each dependency in one way and compiles none of them twice.
if cargo nextest --version >/dev/null 2>&1; then
    stage build tests/progress.sh cargo nextest run --workspace --no-run
    tests/dependencies.sh keep
    stage tests cargo nextest run --workspace --status-level slow
else
    stage build tests/progress.sh cargo test --workspace --no-run
    tests/dependencies.sh keep
    stage tests cargo test --workspace --quiet --lib --bins --tests --examples
fi
stage "examples in documentation" cargo test --workspace --quiet --doc

printf '\n== all passed\n'
printf '%s\n' "${timings[@]}"
