# shellcheck shell=bash
# One function per verb of ./dev.

# Of each simulated world in ./dev test; those under sanitizers (suite seeds) stand in tests/sim.
readonly SEEDS=500
readonly -A SEEDS_OF=([fleet]=10000 [supervisor]=10000 [clients]=4000)

do_build() {
    need "${BUILD_SET[@]}"
    build release "$@"
}

do_run() {
    need "${BUILD_SET[@]}"
    build release >&2
    say "./dev: with the token whose place holdfast names below, connect from another terminal:"
    say "    OPENCLAW_GATEWAY_TOKEN=\$(cat TOKEN-FILE) openclaw gateway call health"
    say "ctrl-C ends it."
    exec "build/release/$HOLDFAST" run "$@"
}

do_test() {
    local quick=
    case ${1:-} in
    --quick) quick=yes ;;
    '') ;;
    *) die "test: unknown option $1" ;;
    esac
    need "${TEST_SET[@]}" "${LINT_SET[@]}"
    [[ -n $quick ]] || need "${INTEROP_SET[@]}"
    step clang meson_test clang --no-suite house
    step threads race_test
    step lint lint
    step conformance "$(alone clang)" tests/conformance/run.py "build/clang/$HOLDFAST"
    step supervise "$(alone clang)" tests/supervise/run "build/clang/$HOLDFAST" build/clang/tests/supervise/adversary
    step 'hostile peers' "$(alone clang)" tests/conformance/hostile.py "build/clang/$HOLDFAST"
    step 'hostile gateways' "$(alone clang)" tests/conformance/hostile_server.py "build/clang/$HOLDFAST" build/clang/tests/holder
    step secrets "$(alone clang)" tests/conformance/canaries.py "build/clang/$HOLDFAST"
    step fast meson_test fast --no-suite house --no-suite seeds
    step systemd tests/systemd/run build/fast
    simulate
    [[ -n $quick ]] || step interop without_aslr "$(alone clang)" tests/interop/run "build/clang/$HOLDFAST"
    closing
}

do_interop() {
    need "${INTEROP_SET[@]}" "${TEST_SET[@]}"
    build fast >&2 # as the release, and with the driver of the library
    attend "$(alone fast)" tests/interop/run "build/fast/$HOLDFAST" "$@"
}

# simulate OPTION...: every world that runs on seeds, in the fast build; without options, those of
# ./dev test.
simulate() {
    local world name worlds=(build/fast/tests/sim/*_seeds)
    for world in "${worlds[@]}"; do
        name=$(basename "$world" _seeds)
        if [[ $# -gt 0 ]]; then
            step "world $name" "$(alone fast)" "$world" "$@"
        else
            step "world $name" "$(alone fast)" "$world" --seeds "${SEEDS_OF[$name]:-$SEEDS}"
        fi
    done
}

do_sim() {
    need "${TEST_SET[@]}"
    build fast >&2
    simulate "$@"
    closing
}

# fuzz_target PATH SECONDS: starts from the kept corpus; finds go to build/fuzz/found.
fuzz_target() {
    local name found
    name=$(basename "$1" _fuzz)
    found=build/fuzz/found/$name
    mkdir -p "$found/corpus"
    if without_aslr "$1" -max_total_time="$2" -max_len=4096 -print_final_stats=1 \
        -artifact_prefix="$found/" "$found/corpus" "tests/fuzz/corpus/$name"; then
        echo '1 passed, 0 failed'
    else
        echo "the input stands in $found"
        echo '0 passed, 1 failed'
        return 1
    fi
}

do_fuzz() {
    local only='' seconds=60 target
    while [[ $# -gt 0 ]]; do
        case $1 in
        --seconds)
            seconds=${2:?./dev fuzz --seconds needs a number}
            shift
            ;;
        -*) die "fuzz: unknown option $1" ;;
        *) only=$1 ;;
        esac
        shift
    done
    need "${TEST_SET[@]}"
    build fuzz >&2
    for target in build/fuzz/tests/fuzz/*_fuzz; do
        [[ -z $only || $(basename "$target") == "${only}_fuzz" ]] || continue
        step "fuzz $(basename "$target" _fuzz)" fuzz_target "$target" "$seconds"
    done
    [[ $((PASSED + FAILED)) -gt 0 ]] || die "fuzz: no target is called $only"
    closing
}

do_lint() {
    need "${LINT_SET[@]}"
    configure clang
    lint
}

do_fmt() {
    need "${LINT_SET[@]}"
    c_files | xargs -0 -r tools/format
}

do_cover() {
    need "${COVER_SET[@]}"
    meson_test cover --no-suite house || say "./dev: some tests failed; the report counts what ran"
    mkdir -p build/cover/report
    gcovr --root . --filter src/ --object-directory build/cover --print-summary \
        --html-details build/cover/report/index.html
    say "./dev: build/cover/report/index.html"
}

do_bench() {
    need "${BENCH_SET[@]}" "${TEST_SET[@]}"
    build fast >&2 # as the release, and with the load drivers
    attend "$(alone fast)" tests/bench/run "build/fast/$HOLDFAST" "$@"
}

do_clean() { rm -rf build; }
