#!/usr/bin/env python3
"""Looks for personal and clinical values in what servers and commands printed during a run of the tests.

    mkdir output && HEALTHBOOK_TEST_OUTPUT=$PWD/output cargo test --workspace
    python3 tools/scan_output.py output

Test people have citizen numbers in the range 099; names and other values that tests plant are those of PLANTED in
tests/it/planted_values.rs. Besides, no line of a log may hold a resource, a token, a password hash, SQL with values, or
what a test calls a person. A log is what goes to stderr (`*.err`); what `serve --demo` tells on stdout about its invented
people is for whoever started it, and is looked at for planted values only. Exit status 1 when something is found.
"""

import pathlib
import re
import sys

# The one-time codes of the sandbox stand in the log because it has no other way to send them; nobody's number beside them.
SIGNS = {
    "a citizen number": re.compile(r"(?<![0-9A-Za-z.])099\d{9}(?!\d)"),
    "an insurance card": re.compile(r"(?<![0-9A-Za-z])(?:DN|HX|CH|NN|TK|HC|XK|HT|TB|NO|CT|XB|TN|CS|QN|CA|CY|XN|MS|CC|CK|CB|KC|HD|TE|BT|HN|DT|DK|XD|TS|TC|TQ|TA|TY|HG|LS|PV|HS|SV|GB|GD)\d{13}(?!\d)"),
    "a resource": re.compile(r'\\?"resourceType\\?"'),
    "a token": re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "a password hash": re.compile(r"\$argon2"),
    "a value of SQL": re.compile(r"params: \[|binds: \["),
    "a person of the tests": re.compile(r"Văn Tám|Thị Mai"),
}

# A request id is random in its last 62 bits (RFC 9562, version 7): now and then they look like a number of the tests.
# Only the random part of a well-formed one is passed over.
RANDOM = re.compile(r"(?<![0-9a-f-])([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3})-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-f-])")


def planted():
    """The values that the test plants, from its own list."""
    source = pathlib.Path(__file__).parent.parent / "tests" / "it" / "planted_values.rs"
    listed = source.read_text().split("const PLANTED", 1)[1].split("];", 1)[0]
    return dict(re.findall(r'\("([^"]+)", "([^"]+)"\)', listed))


def hits(file, values):
    is_log = file.suffix == ".err"
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            lower = line.lower()
            for what, value in values.items():
                if value.lower() in lower:
                    yield number, what, line
            seen = RANDOM.sub(r"\1", line)
            for what, sign in SIGNS.items() if is_log else ():
                if sign.search(seen):
                    yield number, what, line


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.*"))
    values, found, lines = planted(), 0, 0
    for file in files:
        lines += sum(1 for _ in file.open("rb"))
        for number, what, line in hits(file, values):
            found += 1
            if found <= 50:
                print(f"{file.name}:{number}: {what}: {line.strip()[:200]}")
    print(f"{len(files)} files, {lines} lines, {len(values)} planted values and {len(SIGNS)} signs: {found} hits")
    if not lines:
        raise SystemExit("there is no output: was HEALTHBOOK_TEST_OUTPUT set?")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
