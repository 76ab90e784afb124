# shellcheck shell=bash
# Checks of the text of the tree.  Each prints what is wrong and says ok or not ok.

readonly TIDY_BUDGET=${TIDY_BUDGET:-420} # seconds; what does not fit is skipped and said

c_files() { git ls-files -z -- 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]'; }

# Shell scripts by their first line; what they source is checked with them.
shell_files() { git grep -lzE '^#!.*\b(ba)?sh$' -- ':!*.md'; }

check_layout() { c_files | xargs -0 -r tools/format --check; }
check_shell() { shell_files | xargs -0 -r shellcheck -x -a; }

# The man pages are built with the rest; here only that scdoc takes them.
check_manuals() {
    local page
    git ls-files -- 'docs/man/*.scd' | while read -r page; do
        scdoc <"$page" >/dev/null || {
            echo "$page: scdoc does not take it"
            return 1
        }
    done
}

lint_check() { # NAME COMMAND...
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then
        echo "ok - $name: $(tail -n 1 <<<"$out")"
        PASSED=$((PASSED + 1))
    else
        printf '%s\nnot ok - %s\n' "$out" "$name"
        FAILED=$((FAILED + 1))
    fi
}

# All checks, then the closing line.  clang-tidy needs a build directory for its flags.
lint() {
    local check
    PASSED=0 FAILED=0
    lint_check layout check_layout
    for check in floors banned sizes headers; do
        lint_check "$check" "tools/check_$check"
    done
    lint_check checks tools/tests/house_test.py
    lint_check shell check_shell
    lint_check manuals check_manuals
    lint_check tidy tools/tidy build/clang "$TIDY_BUDGET"
    closing
}
