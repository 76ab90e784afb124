# shellcheck shell=bash
# Which Debian 12 packages each kind of work needs.  An entry `package:command` is satisfied by any
# such command in PATH, a bare `package` only by the package.

readonly BUILD_SET=(gcc:gcc libc6-dev pkg-config:pkg-config meson:meson ninja-build:ninja
    libuv1-dev libssl-dev libsqlite3-dev zlib1g-dev)
readonly TEST_SET=("${BUILD_SET[@]}" clang:clang lld:ld.lld libclang-rt-14-dev libcmocka-dev python3:python3
    util-linux:setarch g++:g++ systemd:systemctl)
readonly LINT_SET=("${BUILD_SET[@]}" git:git clang:clang lld:ld.lld clang-tidy:clang-tidy
    clang-format:clang-format shellcheck:shellcheck scdoc:scdoc python3:python3 libcmocka-dev
    g++:g++ abigail-tools:abidw binutils:nm)
readonly BENCH_SET=("${BUILD_SET[@]}" nodejs:node npm:npm ca-certificates python3:python3
    openssl:openssl iproute2:ss)
readonly INTEROP_SET=("${BENCH_SET[@]}" chromium:chromium)
readonly COVER_SET=("${TEST_SET[@]}" gcovr:gcovr)

is_there() {
    if [[ $1 == *:* ]]; then
        command -v "${1#*:}" >/dev/null
    else
        dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
    fi
}

apt_update() {
    local try
    for try in 1 2 3; do
        if apt-get update -q </dev/null >&2; then return 0; fi
        say "./dev: apt-get update failed (try $try of 3)"
        sleep "$try"
    done
    return 1
}

# need ENTRY...: installs what is missing, or says how and stops.
need() {
    local entry missing=()
    for entry in "$@"; do
        is_there "$entry" || missing+=("${entry%%:*}")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
        say "./dev: packages are missing; install them (as root), then try again:"
        say "    apt-get install -y --no-install-recommends ${missing[*]}"
        exit 1
    fi
    say "./dev: installing ${missing[*]}"
    apt_update || die "apt-get update failed three times"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "${missing[@]}" </dev/null >&2 ||
        die "apt-get install failed"
}
