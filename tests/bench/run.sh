#!/usr/bin/env bash
# Builds for release and measures. Arguments go to the program; see --help. Without any, everything is measured
# and docs/benchmarks.md is rewritten.
set -euo pipefail
cd "$(dirname "$0")/../.."

echo "== building for release (takes minutes the first time)"
# All calls of the whole workspace, so that no dependency is compiled twice; the test is for the features of tests.
programs=$(tests/progress.sh cargo build --release --workspace --bin watchkeep --bin watchkeep-bench --test program \
    --message-format=json-render-diagnostics |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
WATCHKEEP_BIN=$(grep '/watchkeep$' <<<"$programs")
export WATCHKEEP_BIN
bench_of() {
    cargo bench --no-run --quiet --message-format=json-render-diagnostics --workspace --bench "$1" |
        sed -n 's/.*"executable":"\([^"]*\/'"$1"'-[^"]*\)".*/\1/p'
}
WATCHKEEP_TAX=$(bench_of tax)
WATCHKEEP_PLUGINS=$(bench_of plugins)
WATCHKEEP_PROGRAMS=$(bench_of programs)
WATCHKEEP_YEARS=$(bench_of years)
WATCHKEEP_HISTORY=$(bench_of history)
export WATCHKEEP_TAX WATCHKEEP_PLUGINS WATCHKEEP_PROGRAMS WATCHKEEP_YEARS WATCHKEEP_HISTORY
if [ $# -eq 0 ]; then
    set -- --write docs/benchmarks.md
fi
exec "$(grep '/watchkeep-bench$' <<<"$programs")" "$@"
