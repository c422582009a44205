#!/usr/bin/env bash
# Gets ready what is missing, and says what it does. Silent when nothing is missing.
# Arguments: what for: build, test, bench, fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '== %s\n' "$*"; }
stop() { printf 'cannot go on: %s\n' "$*" >&2; exit 1; }

# rustup's installer adds this to PATH only in shells that are opened after it.
if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-${HOME:-}/.cargo}/bin/cargo" ]; then
    stop "cargo is installed but not in PATH; hint: run \`. \"${CARGO_HOME:-$HOME/.cargo}/env\"\`, or open a new shell"
fi

for_build() {
    command -v cargo >/dev/null || stop "there is no cargo; hint: install Rust (stable) from https://rustup.rs"
    command -v cc >/dev/null || stop "there is no C compiler; hint: apt-get install gcc"
    # Without rustup the builder of plugins looks for other ways and says what to install.
    add_target wasm32-unknown-unknown "for which plugins are built"
}

add_target() {
    local target=$1 why=$2
    if ! [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ] && command -v rustup >/dev/null; then
        say "adding the Rust target $target, $why"
        rustup target add "$target"
    fi
}

for_test() {
    if command -v rustup >/dev/null; then
        cargo fmt --version >/dev/null 2>&1 || { say "adding rustfmt"; rustup component add rustfmt; }
        cargo clippy --version >/dev/null 2>&1 || { say "adding clippy"; rustup component add clippy; }
    fi
    local missing=()
    have nginx || missing+=(nginx)
    [ -e /usr/lib/nginx/modules/ngx_stream_module.so ] || missing+=(libnginx-mod-stream)
    have nft || missing+=(nftables)
    have dnsmasq || missing+=(dnsmasq-base)
    have openssl || missing+=(openssl)
    have ip || missing+=(iproute2)
    have ps || missing+=(procps)
    have strace || missing+=(strace)
    have zstd || missing+=(zstd)
    compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || missing+=(faketime)
    # The system's Python, whatever else is in PATH: its packages are for that one.
    /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || missing+=(python3-aiosmtpd)
    /usr/bin/python3 -c 'import grpc' 2>/dev/null || missing+=(python3-grpcio)
    /usr/bin/python3 -c 'import websockets' 2>/dev/null || missing+=(python3-websockets)
    /usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null \
        || missing+=(python3-gi gir1.2-gst-rtsp-server-1.0)
    # Test pictures; JPEG and RTP; H.265; H.264.
    local plugin
    for plugin in base:videotestsrc good:rtp bad:x265 ugly:x264; do
        compgen -G "/usr/lib/*/gstreamer-1.0/libgst${plugin#*:}.so" >/dev/null || missing+=("gstreamer1.0-plugins-${plugin%:*}")
    done
    compgen -G '/usr/lib/*/gio/modules/libgiognutls.so' >/dev/null || missing+=(glib-networking)
    have prometheus-alertmanager || missing+=(prometheus-alertmanager)
    have setpriv || missing+=(util-linux)
    have postfix || missing+=(postfix)
    [ -e /usr/lib/dovecot/imap-login ] || missing+=(dovecot-imapd)
    [ -e /usr/lib/dovecot/pop3-login ] || missing+=(dovecot-pop3d)
    have sshd || missing+=(openssh-server)
    have ssh-keygen || missing+=(openssh-client)
    have vsftpd || missing+=(vsftpd)
    have slapd || missing+=(slapd)
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
    have mariadbd || missing+=(mariadb-server)
    have prosody || missing+=(prosody)
    have nsd || missing+=(nsd)
    have unbound || missing+=(unbound)
    have ldns-signzone || missing+=(ldnsutils)
    have rbldnsd || missing+=(rbldnsd)
    have redis-server || missing+=(redis-server)
    have lighttpd || missing+=(lighttpd)
    have mosquitto || missing+=(mosquitto)
    have mosquitto_pub || missing+=(mosquitto-clients)
    have chronyd || missing+=(chrony)
    have snmpd || missing+=(snmpd)
    have prometheus || missing+=(prometheus)
    have wireguard-go || missing+=(wireguard-go)
    have wg || missing+=(wireguard-tools)
    have openvpn || missing+=(openvpn)
    have dockerd || missing+=(docker.io)
    have dbus-daemon || missing+=(dbus-daemon)
    /usr/bin/python3 -c 'import dbusmock' 2>/dev/null || missing+=(python3-dbusmock)
    [ -x /bin/busybox ] || missing+=(busybox-static)
    have chromium || have google-chrome || missing+=(chromium)
    for_languages
    local tools=${CARGO_TARGET_DIR:-target}/tools
    tools=$(realpath -m -- "$tools")
    # What the pages are examined with in it.
    WATCHKEEP_TOOLS=$tools tests/axe/install.sh >/dev/null
    # What tries the API against its document.
    WATCHKEEP_TOOLS=$tools tests/schemathesis/install.sh >/dev/null
    WATCHKEEP_TOOLS=$tools tests/end-to-end/servers/oidc/install.sh
}

# What the examples in other languages are built with: C, JavaScript, Python, Rust for WASI. Installs what its caller
# found missing as well.
for_languages() {
    python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
    have clang || missing+=(clang)
    have wasm-ld || missing+=(lld)
    [ -e /usr/lib/wasm32-wasi/libc.a ] || missing+=(wasi-libc)
    compgen -G '/usr/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a' >/dev/null || missing+=(libclang-rt-dev-wasm32)
    have node || missing+=(nodejs)
    have npm || missing+=(npm)
    install "${missing[@]}"
    local target
    for target in wasm32-wasip1 wasm32-wasip2; do
        add_target "$target" "for which the examples of WASI are built"
    done
    # Each says what it installs; here rather than in the middle of a test.
    local tools=${CARGO_TARGET_DIR:-target}/tools
    WATCHKEEP_TOOLS=$(realpath -m -- "$tools") examples/python-check/build.sh --tools
    WATCHKEEP_TOOLS=$(realpath -m -- "$tools") examples/js-check/build.sh --tools
}

for_bench() {
    local missing=()
    have nginx || missing+=(nginx)
    have wrk || missing+=(wrk)
    have prometheus-blackbox-exporter || missing+=(prometheus-blackbox-exporter)
    have prometheus-alertmanager || missing+=(prometheus-alertmanager)
    [ -x /usr/lib/nagios/plugins/check_http ] || missing+=(monitoring-plugins-basic)
    for_languages
}

# The fuzzer watches code by flags that only a nightly compiler has.
for_fuzz() {
    local toolchain=${WATCHKEEP_NIGHTLY:-nightly} tools=${CARGO_TARGET_DIR:-target}/fuzz/tools
    command -v rustup >/dev/null || stop "there is no rustup to install a nightly compiler with; hint: https://rustup.rs"
    local missing=()
    have c++ || missing+=(g++)
    install "${missing[@]}"
    if ! rustup run "$toolchain" rustc --version >/dev/null 2>&1; then
        say "installing the compiler $toolchain, which the fuzzer needs"
        rustup toolchain install "$toolchain" --profile minimal
    fi
    if ! [ -x "$tools/bin/cargo-fuzz" ] && ! command -v cargo-fuzz >/dev/null; then
        say "building cargo-fuzz into $tools (takes minutes)"
        cargo install cargo-fuzz --version 0.13.2 --locked --quiet --root "$tools"
    fi
}

# Servers live in sbin, which is not in everybody's PATH.
have() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }

install() {
    [ $# -gt 0 ] || return 0
    command -v apt-get >/dev/null || stop "these programs are missing and there is no apt-get: $*; hint: install them"
    local root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || stop "these packages are missing: $*; hint: as root, apt-get install $*"
        root=(sudo)
    fi
    say "installing $* with apt-get"
    # Their services are not wanted: tests start what they need themselves.
    "${root[@]}" apt-get update -q
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends "$@"
}

for purpose in "$@"; do
    "for_$purpose"
done
