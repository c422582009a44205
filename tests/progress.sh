#!/usr/bin/env bash
# Runs a command of cargo and says at least every 20 s how far it is, also where no terminal shows cargo's own bar. What
# the compiler complains about is passed on. Arguments: the command, which begins with `cargo`.
set -euo pipefail

# A terminal shows cargo's own.
if [ -t 2 ]; then exec "$@"; fi

began=$SECONDS
lines() {
    stdbuf -o0 tr '\r' '\n' | sed -u 's/\x1b\[[0-9;]*[A-Za-z]//g' | {
        local piece status said=$SECONDS at='nothing built yet'
        while :; do
            status=0
            # Cargo is silent while it waits for the compiler.
            IFS= read -r -t 5 piece || status=$?
            # The bar is drawn again and again on one line: `    Building [===>   ] 123/534: wasmtime, cranelift-codegen`.
            if [[ $piece =~ Building\ .*\]\ ([0-9]+)/([0-9]+)(:\ (.*))?$ ]]; then
                # It is filled up with blanks.
                local now=${BASH_REMATCH[4]%"${BASH_REMATCH[4]##*[! ]}"}
                at="${BASH_REMATCH[1]} of ${BASH_REMATCH[2]} built${now:+, now $now}"
            else
                case $piece in
                '' | *' Compiling '* | *' Downloaded '* | *' Checking '* | *' Fetch '* | *' Downloading '[0-9]*) ;;
                *) printf '%s\n' "$piece" ;;
                esac
            fi
            if ((SECONDS - said >= 14)); then
                said=$SECONDS
                printf '== %d s: %s\n' "$((SECONDS - began))" "$at"
            fi
            # More than 128 is a time-out, anything else the end.
            ((status == 0 || status > 128)) || break
        done
    }
}

status=0
CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=100 CARGO_TERM_COLOR=never "$@" 2> >(lines >&2) || status=$?
wait
exit "$status"
