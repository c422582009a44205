#!/usr/bin/env bash
# Starts the lab and a host that watches it, and stops both on Ctrl-C, or when one of them ends.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf '== %s\n' "$*"; }

tests/dependencies.sh take
say "building (the first time takes some minutes)"
# Of the whole workspace, though only two programs are wanted, and with a small test: so every dependency is taken as the
# tests take it, and none is compiled again for them.
programs=$(tests/progress.sh cargo build --workspace --bin watchkeep --bin watchkeep-lab --test program \
    --message-format=json-render-diagnostics | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
lab=$(grep '/watchkeep-lab$' <<<"$programs")
host=$(grep '/watchkeep$' <<<"$programs")

mkdir -p run
running=()
# A second Ctrl-C, or the terminal's own to the whole group, must not cut the clean stop short.
stop() {
    trap '' INT TERM
    for process in "${running[@]}"; do
        kill -TERM "$process" 2>/dev/null || true
    done
    wait
}
trap 'stop; say "stopped"; exit 0' INT TERM

# In process groups of their own, so that Ctrl-C reaches this script alone and both stop in order.
set -m
"$lab" >run/lab.txt &
running+=($!)
# A place to send to may be given from outside: then what the demonstration tells arrives in a real channel.
export SLACK_WEBHOOK=${SLACK_WEBHOOK:-http://127.0.0.1:8705/services/T00000LAB/B00000LAB/demonstration-token}
for _ in {1..100}; do
    grep -q '^webhook' run/lab.txt && break
    kill -0 "${running[0]}" 2>/dev/null || { say "the lab did not start"; stop; exit 1; }
    sleep 0.05
done
say "what there is to watch:"
cat run/lab.txt
"$host" run --config examples/demo/watchkeep.toml &
running=($! "${running[@]}")
set +m

say "pages: http://127.0.0.1:8686/   inbox: http://127.0.0.1:8705/   stop: Ctrl-C"
say "a site goes down after 20 s, a worker is restarted after 30 s, a camera is turned after 45 s; the inbox shows what was told"

wait -n && status=0 || status=$?
say "one of the two ended with status $status; stopping the other"
stop
exit 1
