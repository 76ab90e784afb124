#!/usr/bin/env python3
"""Do the checks of the house catch what they promise to catch?  Prints TAP.

Each row builds a small tree, runs one check over it and says which lines of its output are wanted:
a list of "path:line: start of the fault"; an empty list means that the tree is fine."""

import os
import re
import subprocess
import sys
import tempfile

FAULT = re.compile(r"(src|include)/\S+:(\d+:)? (?!error|note)")
TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")

FLOORS = [
    ("base may use libc", {"src/base/a.c": "#include <time.h>\n"}, []),
    ("base sees no higher floor", {"src/base/a.c": '\n#include "wire/b.h"\n'},
     ["src/base/a.c:2: floor base may not see wire/b.h"]),
    ("wire sees base", {"src/wire/a.c": '#include "base/b.h"\n'}, []),
    ("wire and port stand beside each other", {"src/wire/a.c": '#include "port/b.h"\n'},
     ["src/wire/a.c:1: floor wire"]),
    ("schema reads frames", {"src/wire/schema/a.c": '#include "wire/frame.h"\n'}, []),
    ("frames do not read schemas", {"src/wire/frame.c": '#include "wire/schema/a.h"\n'},
     ["src/wire/frame.c:1: wire room frame"]),
    ("codecs do not know each other", {"src/wire/ws_frame.c": '#include "wire/http_head.h"\n'},
     ["src/wire/ws_frame.c:1: wire room ws_frame"]),
    ("codecs check UTF-8", {"src/wire/ws_frame.c": '#include "wire/utf8.h"\n'}, []),
    ("a family shares its parts", {"src/wire/json_read.c": '#include "wire/json_number.h"\n'}, []),
    ("core rooms are strangers", {"src/core/gate.c": '#include "core/gate.h"\n#include "core/rpc.h"\n'},
     ["src/core/gate.c:2: core room gate includes core room rpc"]),
    ("a room folder shares its files", {"src/core/session/a.c": '#include "core/session/b.h"\n'}, []),
    ("core takes values, not JSON", {"src/core/gate.c": '#include "wire/json_read.h"\n'},
     ["src/core/gate.c:1: core needs values"]),
    ("core may know frames", {"src/core/rpc.c": '#include "wire/frame.h"\n'}, []),
    ("core does not see the port", {"src/core/gate.c": '#include "port/action.h"\n'},
     ["src/core/gate.c:1: floor core"]),
    ("the engine does not see the store", {"src/engine/a.c": '#include "store/a.h"\n'},
     ["src/engine/a.c:1: floor engine"]),
    ("engine rooms may meet", {"src/engine/a.c": '#include "engine/b.h"\n'}, []),
    ("prog uses the public library only", {"src/prog/a.c": '#include "client/a.h"\n'},
     ["src/prog/a.c:1: floor prog"]),
    ("prog uses the public headers", {"src/prog/a.c": '#include "holdfast/client.h"\n'}, []),
    ("public headers hide the house", {"include/holdfast/a.h": '#include "base/err.h"\n'},
     ["include/holdfast/a.h:1: a public header"]),
    ("public headers hide the loop", {"include/holdfast/a.h": "#include <uv.h>\n"},
     ["include/holdfast/a.h:1: <uv.h>"]),
    ("only the host knows the loop", {"src/engine/a.c": "#include <uv.h>\n"},
     ["src/engine/a.c:1: <uv.h> belongs to src/host/*"]),
    ("the host knows the loop", {"src/host/a.c": "#include <uv.h>\n"}, []),
    ("only crypto knows the library", {"src/base/rng.c": "#include <openssl/rand.h>\n"},
     ["src/base/rng.c:1: <openssl/rand.h>"]),
    ("crypto knows the library", {"src/base/crypto.c": "#include <openssl/rand.h>\n"}, []),
    ("only the store knows SQLite", {"src/host/a.c": "#include <sqlite3.h>\n"},
     ["src/host/a.c:1: <sqlite3.h>"]),
    ("threads live with the worker", {"src/host/a.c": "#include <pthread.h>\n"},
     ["src/host/a.c:1: <pthread.h>"]),
    ("the worker has threads", {"src/host/worker.c": "#include <pthread.h>\n"}, []),
    ("floors that decide see no clock", {"src/core/a.c": "#include <time.h>\n"},
     ["src/core/a.c:1: <time.h> is not for a floor that decides"]),
    ("floors that decide may parse numbers", {"src/wire/a.c": "#include <stdlib.h>\n"}, []),
    ("floors that decide see no socket", {"src/wire/a.c": "#include <sys/socket.h>\n"},
     ["src/wire/a.c:1: <sys/socket.h>"]),
    ("includes are written from src", {"src/core/a.c": '#include "a.h"\n'},
     ['src/core/a.c:1: "a.h" is not written from src/']),
    ("a file outside of the floors", {"src/misc/a.c": "\n"}, ["src/misc/a.c:1: stands on no floor"]),
    ("a comment includes nothing", {"src/base/a.c": '/*\n#include "wire/b.h"\n*/\n'}, []),
    ("headers do not go in circles",
     {"src/base/a.h": '#include "base/b.h"\n', "src/base/b.h": '#include "base/a.h"\n'},
     ["src/base/a.h:1: includes itself"]),
]  # fmt: skip

BANNED = [
    ("a copy without a bound", {"src/base/a.c": "void f(void)\n{\n    strcpy(a, b);\n}\n"},
     ["src/base/a.c:3: strcpy is banned"]),
    ("in public headers too", {"include/holdfast/a.h": "int x = atoi(s);\n"},
     ["include/holdfast/a.h:1: atoi"]),
    ("space before the parenthesis", {"src/base/a.c": "x = rand ();\n"}, ["src/base/a.c:1: rand"]),
    ("two on one line", {"src/base/a.c": "strcat(a, b), strcat(c, d);\n"},
     ["src/base/a.c:1: strcat", "src/base/a.c:1: strcat"]),
    ("names that only end so", {"src/base/a.c": "hf_time(x); my_strcpy(a); HF_ASSERT(x);\n"}, []),
    ("members", {"src/base/a.c": "x->time(1); x.free(2);\n"}, []),
    ("comments", {"src/base/a.c": "/* strcpy(a, b) */ // gets(c)\n"}, []),
    ("strings", {"src/base/a.c": 'x = "time(0)"; y = "\\"gets(";\n'}, []),
    ("code after a comment", {"src/base/a.c": "/* * / \" */ gets(c);\n"}, ["src/base/a.c:1: gets"]),
    ("bare assert", {"src/base/a.c": "assert(x);\n"}, ["src/base/a.c:1: assert"]),
    ("static_assert is fine", {"src/base/a.c": "static_assert(1, \"\"); _Static_assert(1, \"\");\n"}, []),
    ("the heap outside of base", {"src/wire/a.c": "p = malloc(1);\nfree(p);\n"},
     ["src/wire/a.c:1: malloc", "src/wire/a.c:2: free"]),
    ("the heap in base", {"src/base/mem.c": "p = malloc(1);\n"}, []),
    ("a clock below the host", {"src/engine/a.c": "clock_gettime(c, &t);\n"},
     ["src/engine/a.c:1: clock_gettime"]),
    ("a clock in the host", {"src/host/clock.c": "clock_gettime(c, &t);\n"}, []),
    ("the wall clock in the host", {"src/host/clock.c": "time(NULL);\n"}, ["src/host/clock.c:1: time"]),
    ("the environment below the host", {"src/core/a.c": "getenv(x);\n"},
     ["src/core/a.c:1: getenv"]),
    ("the environment in prog", {"src/prog/a.c": "getenv(x);\n"}, []),
    ("a thread in the host", {"src/host/tls.c": "uv_thread_create(&t, f, x);\n"},
     ["src/host/tls.c:1: uv_thread_create"]),
    ("a thread in the worker", {"src/host/worker.c": "uv_thread_create(&t, f, x);\n"}, []),
    ("an open end", {"src/base/a.c": "/* TODO later */\n"}, ["src/base/a.c:1: an open end"]),
    ("an open end with its issue", {"src/base/a.c": "/* TODO #12 */\n"}, []),
]  # fmt: skip


def function(lines):
    return "void f(void)\n{\n" + "    x();\n" * lines + "}\n"


def switch(cases, lines):
    one_case = "    case 1:\n" + "        x();\n" * lines
    return "void f(void)\n{\n    switch (x) {\n" + one_case * cases + "    }\n}\n"


SIZES = [
    ("800 lines", {"src/base/a.h": "\n" * 800}, []),
    ("801 lines", {"src/base/a.h": "\n" * 801}, ["src/base/a.h:1: 801 lines"]),
    ("a function of 70 lines", {"src/base/a.c": function(70)}, []),
    ("a function of 71 lines", {"src/base/a.c": function(71)}, ["src/base/a.c:2: a function of 71"]),
    ("a flat switch may be long", {"src/base/a.c": switch(30, 5)}, []),
    ("cases of 20 lines are flat", {"src/base/a.c": switch(10, 20)}, []),
    ("cases of 21 lines are not", {"src/base/a.c": switch(10, 21)},
     ["src/base/a.c:2: a function of 222"]),
    ("the second function counts alone", {"src/base/a.c": function(40) + function(40)}, []),
    ("a table is no function", {"src/base/a.c": "int x[] =\n{\n" + "    1,\n" * 90 + "};\n"}, []),
]  # fmt: skip

HEADERS = [
    ("a header that stands alone", {"src/base/a.h": "#ifndef A\n#define A\n#include <stddef.h>\nsize_t f(void);\n#endif\n"}, []),
    ("a header that needs another", {"src/base/a.h": "#ifndef A\n#define A\nsize_t f(void);\n#endif\n"},
     ["src/base/a.h:1: does not compile alone"]),
    ("a header without a guard", {"include/holdfast/a.h": "struct a { int b; };\n"},
     ["include/holdfast/a.h:1: does not compile alone", "include/holdfast/a.h:1: does not compile as C99",
      "include/holdfast/a.h:1: does not compile as C++"]),
    ("a public header is for C++ too", {"include/holdfast/a.h": "#ifndef A\n#define A\nextern int class;\n#endif\n"},
     ["include/holdfast/a.h:1: does not compile as C++"]),
    ("a public header is for C99 too", {"include/holdfast/a.h": "#ifndef A\n#define A\n_Static_assert(1, \"\");\n#endif\n"},
     ["include/holdfast/a.h:1: does not compile as C99", "include/holdfast/a.h:1: does not compile as C++"]),
]  # fmt: skip

EXPORTED = "include/holdfast/a.h"
EXPORTS = [
    ("a function in header and map", {EXPORTED: "HOLDFAST_API int a(void);\n", "src/client/holdfast.map": "N {\n    a;\n};\n"}, []),
    ("a function without its export", {EXPORTED: "HOLDFAST_API int a(void);\n", "src/client/holdfast.map": "N {\n};\n"},
     ["src/client/holdfast.map: a is missing"]),
    ("an export without its function", {EXPORTED: "\n", "src/client/holdfast.map": "N {\n    a;\n};\n"},
     ["src/client/holdfast.map: a is not declared"]),
]  # fmt: skip

TABLE = "src/base/limits.h"
BOUNDS = "#define HF_LIMITS(X) \\\n    X(ONE, 1, \"a\") \\\n    X(ONE_MORE, 2, \"b\")\n"
LIMITS = [
    ("each bound has its test", {TABLE: BOUNDS, "tests/unit/a_test.c": "f(HF_LIMIT_ONE, HF_LIMIT_ONE_MORE);\n"}, []),
    ("a bound without a test", {TABLE: BOUNDS, "tests/unit/a_test.c": "f(HF_LIMIT_ONE_MORE);\n"},
     ["src/base/limits.h:2: ONE is named by no test"]),
    ("a comment tests nothing", {TABLE: BOUNDS, "tests/unit/a_test.c": "/* HF_LIMIT_ONE */ f(HF_LIMIT_ONE_MORE);\n"},
     ["src/base/limits.h:2: ONE is named by no test"]),
    ("what is tested from outside", {TABLE: BOUNDS, "tests/a.py": 'f(limit("ONE"), limit("ONE_MORE"))\n'}, []),
    ("a comment in Python tests nothing", {TABLE: BOUNDS, "tests/a.py": '# ONE\nlimit("ONE_MORE")\n'},
     ["src/base/limits.h:2: ONE is named by no test"]),
    ("what only sounds like it", {TABLE: BOUNDS, "tests/a.c": "f(HF_LIMIT_ONE_MORE, MY_HF_LIMIT_ONE, HF_LIMIT_ONES);\n"},
     ["src/base/limits.h:2: ONE is named by no test"]),
]  # fmt: skip

CHECKS = [
    ("check_limits", LIMITS),
    ("check_exports", EXPORTS),
    ("check_floors", FLOORS),
    ("check_banned", BANNED),
    ("check_sizes", SIZES),
    ("check_headers", HEADERS),
]


def run_check(check, tree):
    """Exit code and output lines of the check over a tree {path: text}."""
    with tempfile.TemporaryDirectory() as top:
        for path, text in tree.items():
            os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
            with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                file.write(text)
        for folder in ("src", "include"):
            os.makedirs(os.path.join(top, folder), exist_ok=True)
        command = [sys.executable, os.path.join(TOOLS, check), top]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout.splitlines(), done.stderr


def judge(check, tree, wanted):
    """What is wrong with the check's answer, or nothing."""
    code, lines, trouble = run_check(check, tree)
    if trouble:
        return trouble
    if code != (1 if wanted else 0):
        return f"exit code {code}: {lines}"
    found = [line for line in lines if FAULT.match(line)]
    if len(found) != len(wanted) or not all(f.startswith(w) for f, w in zip(found, wanted)):
        return f"wanted {wanted}, got {found}"
    return None


def main():
    number = failed = 0
    print(f"1..{sum(len(rows) for _, rows in CHECKS)}")
    for check, rows in CHECKS:
        for name, tree, wanted in rows:
            number += 1
            fault = judge(check, tree, wanted)
            print(f"{'not ok' if fault else 'ok'} {number} - {check}: {name}")
            if fault:
                failed += 1
                print("# " + fault.replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
