#!/usr/bin/env bash
# Builds for release and measures. Arguments go to the program; see --help. Without any, everything is measured
# and docs/benchmarks.md is rewritten.
set -euo pipefail
cd "$(dirname "$0")/../.."

echo "== building for release (takes minutes the first time)"
programs=$(cargo build --release --quiet --message-format=json-render-diagnostics -p watchkeep-daemon -p watchkeep-bench |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
WATCHKEEP_BIN=$(grep '/watchkeep$' <<<"$programs")
export WATCHKEEP_BIN
bench_of() {
    cargo bench --no-run --quiet --message-format=json-render-diagnostics -p "watchkeep-$2" --bench "$1" |
        sed -n 's/.*"executable":"\([^"]*\/'"$1"'-[^"]*\)".*/\1/p'
}
WATCHKEEP_TAX=$(bench_of tax engine)
WATCHKEEP_PLUGINS=$(bench_of plugins engine)
WATCHKEEP_PROGRAMS=$(bench_of programs engine)
WATCHKEEP_YEARS=$(bench_of years core)
export WATCHKEEP_TAX WATCHKEEP_PLUGINS WATCHKEEP_PROGRAMS WATCHKEEP_YEARS
if [ $# -eq 0 ]; then
    set -- --write docs/benchmarks.md
fi
exec "$(grep '/watchkeep-bench$' <<<"$programs")" "$@"
