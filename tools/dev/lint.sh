# shellcheck shell=bash
# Checks of the text of the tree.  Each prints what is wrong and says ok or not ok.

readonly TIDY_BUDGET=${TIDY_BUDGET:-600} # seconds; what does not fit is skipped and said

c_files() { git ls-files -z -- 'examples/*.c' 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]' 'docs/*.[ch]'; }

# Shell scripts by their first line; what they source is checked with them.
shell_files() { git grep -lzE '^#!.*\b(ba)?sh$' -- ':!*.md'; }

check_layout() { c_files | xargs -0 -r tools/format --check; }
check_shell() { shell_files | xargs -0 -r shellcheck -x -a; }

# The library with debugging information, compared with the baseline of its interface.
check_abi() {
    local library=src/client/libholdfast.so.0.0.0
    build abi "$library" >/dev/null && tools/check_abi "build/abi/$library"
}

# lint_check NAME COMMAND...: exit code 77 means that it cannot be checked here.
lint_check() {
    local name=$1 out status=0
    shift
    out=$("$@" 2>&1) || status=$?
    case $status in
    0)
        echo "ok - $name: $(tail -n 1 <<<"$out")"
        PASSED=$((PASSED + 1))
        ;;
    77)
        echo "ok - $name # SKIP $out"
        SKIPPED=$((SKIPPED + 1))
        ;;
    *)
        printf '%s\nnot ok - %s\n' "$out" "$name"
        FAILED=$((FAILED + 1))
        ;;
    esac
}

# All checks, then the closing line.  clang-tidy needs a build directory for its flags.
lint() {
    local check
    PASSED=0 FAILED=0 SKIPPED=0
    lint_check layout check_layout
    for check in floors banned sizes headers limits exports; do
        lint_check "$check" "tools/check_$check"
    done
    lint_check abi check_abi
    lint_check checks tools/tests/house_test.py
    lint_check shell check_shell
    lint_check units etc/check_units build/clang/etc/systemd
    lint_check tidy tools/tidy build/clang "$TIDY_BUDGET"
    closing
}
