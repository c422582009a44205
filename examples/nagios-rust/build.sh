#!/usr/bin/env bash
# Builds the program: `build.sh [OUT.wasm]`. rustc makes a component of it by itself.
set -euo pipefail
out=$(realpath -m -- "${1:-check_answer.wasm}")
cd "$(dirname "$0")"
target=${WATCHKEEP_TOOLS:-$PWD}/target
CARGO_TARGET_DIR=$target cargo build --quiet --locked --release --target wasm32-wasip2
cp "$target/wasm32-wasip2/release/check-answer.wasm" "$out"
