# shellcheck shell=bash
# Build directories: build/<name>, each with its compiler and its options.

readonly HOLDFAST=src/prog/holdfast # inside of a build directory

# build_options NAME: the compiler, then the options.
build_options() {
    # Lines for stack traces and no more of debugging, which is half of the compiler's work.
    local checked='--buildtype=debugoptimized -Doptimization=1 -Db_lundef=false -Dwerror=true'
    checked+=' -Ddebug=false -Dc_args=-gline-tables-only'
    local sanitized="$checked -Db_sanitize=address,undefined"
    case $1 in
    release) echo gcc --buildtype=release -Dtests=false ;;
    fast) echo gcc --buildtype=release -Dwerror=true ;;
    clang) echo "clang $sanitized" ;;
    fuzz) echo "clang $sanitized -Dfuzz=true" ;;
    tsan) echo "clang $checked -Db_sanitize=thread" ;;
    abi) echo gcc --buildtype=debugoptimized -Dtests=false ;;
    cover) echo gcc --buildtype=debug -Db_coverage=true ;;
    *) die "no build is called $1" ;;
    esac
}

# configure NAME: sets the build directory up when it is new or its options changed.
configure() {
    local dir=build/$1 wanted compiler options
    wanted=$(build_options "$1")
    read -r compiler options <<<"$wanted"
    if [[ -f $dir/build.ninja && $(cat "$dir/.options" 2>/dev/null) == "$wanted" ]]; then return 0; fi
    rm -rf "$dir"
    mkdir -p build
    if command -v ccache >/dev/null; then compiler="ccache $compiler"; fi
    # The default linker is most of what a build of the tests costs.
    if [[ $compiler == *clang ]]; then local -x CC_LD=lld; fi
    # The options hold no spaces.
    # shellcheck disable=SC2086
    CC=$compiler meson setup "$dir" $options >build/setup.log 2>&1 || {
        tail -n 30 build/setup.log >&2
        return 1
    }
    printf '%s' "$wanted" >"$dir/.options"
}

# build NAME [TARGET...]
build() {
    local name=$1
    shift
    configure "$name" && ninja -C "build/$name" "$@"
}

# Address sanitizers of gcc 12 and clang 14 crash at random when the kernel spreads maps over more
# than 28 bits; setarch -R switches that off for one process tree.
without_aslr() {
    local bits
    bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null) || bits=unknown
    if [[ $bits != unknown && $bits -le 28 ]] || ! setarch -R true 2>/dev/null; then
        "$@"
    else
        setarch -R "$@"
    fi
}

# alone NAME: the program of that build under which a test leaves nothing behind.
alone() { echo "build/$1/tests/alone"; }

# meson_test NAME OPTION...: builds, then runs the tests; the closing line counts each TAP subtest.
meson_test() {
    local name=$1
    shift
    if ! build "$name"; then
        echo '0 passed, 1 failed'
        return 1
    fi
    run_tests "$name" --no-rebuild "$@"
}

# race_test: what has threads (the floor host, its loop, the library) under the thread sanitizer.
race_test() {
    local names
    configure tsan || return 1
    names=$(meson test -C build/tsan --list 2>/dev/null | sed -nE 's,.* / ((host|loop|client)/.*),\1,p')
    [[ -n $names ]] || return 1
    # Names of tests hold no spaces.
    # shellcheck disable=SC2086
    run_tests tsan $names
}

# run_tests NAME OPTION...  The slow tests wait more than they work: two for each processor.
run_tests() {
    local name=$1 status=0
    shift
    ninja -C "build/$name" tests/alone >/dev/null || return 1
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
        ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1 \
        TSAN_OPTIONS=halt_on_error=1 \
        without_aslr meson test -C "build/$name" --print-errorlogs \
        --num-processes $((2 * $(nproc))) \
        --wrapper "$PWD/$(alone "$name")" "$@" || status=$?
    tools/dev/tally "build/$name/meson-logs/testlog-alone" || status=1
    return "$status"
}
