"""What the checks of this directory share: the C files of the tree, without comments and strings."""

import os
import re

TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
    re.DOTALL,
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(<[^>]+>|"[^"]+")', re.MULTILINE)


def c_files(top, *folders):
    """Paths, relative to `top` and sorted, of the .c and .h files below these folders."""
    found = []
    for folder in folders:
        for where, _, names in os.walk(os.path.join(top, folder)):
            for name in names:
                if name.endswith((".c", ".h")):
                    found.append(os.path.relpath(os.path.join(where, name), top))
    return sorted(found)


def read(top, path):
    with open(os.path.join(top, path), encoding="utf-8") as file:
        return file.read()


def code_only(text):
    """The text with comments and literals blanked; every line keeps its number."""

    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token[0] + token[0]
        return " " + "\n" * token.count("\n")

    return TOKEN.sub(blank, text)


def includes(text):
    """Yields (line, name, is_system) for each #include outside of comments."""
    kept = TOKEN.sub(
        lambda m: m.group(0) if m.group(0)[0] == '"' else " " + "\n" * m.group(0).count("\n"), text
    )
    for match in INCLUDE.finditer(kept):
        name = match.group(1)
        line = kept.count("\n", 0, match.start(1)) + 1
        yield line, name[1:-1], name[0] == "<"


def report(what, faults, checked):
    """Prints the faults and returns the exit code."""
    for fault in faults:
        print(fault)
    if faults:
        print(f"{what}: {len(faults)} broken in {checked} files")
        return 1
    print(f"{what}: {checked} files are fine")
    return 0
