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

stage format cargo fmt --all --check
stage lint cargo clippy --workspace --all-targets --quiet -- -D warnings
# The end-to-end tests start these two.
stage programs cargo build --quiet -p watchkeep-daemon -p watchkeep-lab
if cargo nextest --version >/dev/null 2>&1; then
    stage tests cargo nextest run --workspace --status-level slow
else
    stage tests cargo test --workspace --quiet --lib --bins --tests --examples
fi
stage "examples in documentation" cargo test --workspace --quiet --doc

printf '\n== all passed\n'
printf '%s\n' "${timings[@]}"
