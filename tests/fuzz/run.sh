#!/usr/bin/env bash
# Feeds each target from its corpus for a fixed time. Arguments: seconds for each (60), and names of targets (all).
# What it finds new lies in the target folder; a failing input is printed with how to run it again.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-60}
shift $(($# > 0 ? 1 : 0))
case $seconds in '' | *[!0-9]*) echo "\`$seconds\` is no number of seconds; hint: tests/fuzz/run.sh 60 config" >&2; exit 2 ;; esac
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for binary in tests/fuzz/targets/bin/*.rs; do targets+=("$(basename "$binary" .rs)"); done
fi

work=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")/fuzz
toolchain=${WATCHKEEP_NIGHTLY:-nightly}
fuzz=("$work/tools/bin/cargo-fuzz")
[ -x "${fuzz[0]}" ] || fuzz=(cargo-fuzz)
export CARGO_TARGET_DIR=$work/build

# The address sanitizer needs no leak check: runtimes and engines live as long as the process.
export ASAN_OPTIONS=detect_leaks=0
for target in "${targets[@]}"; do
    grown=$work/corpus/$target
    mkdir -p "$grown" "$work/failures/$target"
    echo "== $target, $seconds s"
    dictionary=()
    [ -e "tests/fuzz/dictionaries/$target" ] && dictionary=("-dict=tests/fuzz/dictionaries/$target")
    RUSTUP_TOOLCHAIN=$toolchain "${fuzz[@]}" run --fuzz-dir tests/fuzz/targets --target-dir "$CARGO_TARGET_DIR" "$target" \
        "$grown" "tests/fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=65536 -print_final_stats=1 -verbosity=1 \
        -artifact_prefix="$work/failures/$target/" "${dictionary[@]}"
done
echo "== nothing was found; to keep what was learnt, see CONTRIBUTING.md"
