#!/usr/bin/env python3
"""Asks a running server whatever its OpenAPI document allows and forbids, as a clinic, a citizen and an administrator.

    python3 tests/schemathesis/run.py --server target/release/healthbook
    python3 tests/schemathesis/run.py --server target/release/healthbook --database postgres://... --examples 30
    python3 tests/schemathesis/run.py --server target/debug/healthbook --examples 2 --phases fuzzing --callers clinic

All checks of schemathesis are on (schemathesis.toml says which refusals are right, and why); --phases names what is
done: examples, coverage, fuzzing, stateful. The server starts on a demo of its own in a temporary folder. Prints the
report of each caller and the number of cases; exit status 1 when anything failed, or fewer than --least cases were
asked. Packages: bash tests/clients/install.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))

from measuring import Server  # noqa: E402

CALLERS = {
    "clinic": lambda demo: ["--client", demo["clients"][0]["id"]],
    "citizen": lambda demo: ["--citizen", demo["citizens"][0]["number"]],
    "administrator": lambda _demo: ["--officer", "administrator"],
}


def main():
    arguments = read_arguments()
    total, failed = 0, []
    with Server(arguments.server, arguments.database, people=50) as server:
        for caller in arguments.callers.split(","):
            cases, is_good = run(arguments, server, caller)
            total += cases
            if not is_good:
                failed.append(caller)
    print(f"{total} cases, failed: {', '.join(failed) or 'nobody'}")
    if failed or total < arguments.least:
        sys.exit(1)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the healthbook program")
    parser.add_argument("--database", help="an empty one; an SQLite file in a temporary folder when not given")
    parser.add_argument("--examples", type=int, default=12, help="cases of each operation and phase [12]")
    parser.add_argument("--phases", default="examples,fuzzing,stateful", help="[examples,fuzzing,stateful]")
    parser.add_argument("--callers", default=",".join(CALLERS), help=f"[{','.join(CALLERS)}]")
    parser.add_argument("--workers", default="2", help="requests beside each other [2]")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--least", type=int, default=0, help="fewest cases that count as a run [0]")
    parser.add_argument("--include", help="only paths that match this expression")
    parser.add_argument("--schemathesis", help="the program; that of tests/clients when not given")
    return parser.parse_args()


def run(arguments, server, caller):
    """Cases that were asked, and whether all was well."""
    environment = {
        **os.environ,
        "CONFORMANCE_TOKEN": json.dumps([server.program, "token", *CALLERS[caller](server.demo()), *server.place()]),
        "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": str(HERE),
    }
    command = [arguments.schemathesis or str(HERE.parent / "clients" / ".venv" / "bin" / "schemathesis")]
    command += ["--config-file", str(HERE / "schemathesis.toml"), "run", f"{server.base}/openapi.json"]
    command += ["--url", server.base, "--checks", "all", "--phases", arguments.phases, "--no-color"]
    command += ["--max-examples", str(arguments.examples), "--continue-on-failure", "--seed", arguments.seed]
    command += ["--workers", arguments.workers, "--suppress-health-check", "all", "--warnings", "off"]
    command += ["--generation-database", "none"]
    if arguments.include:
        command += ["--include-path-regex", arguments.include]
    print(f"== {caller}: {' '.join(command[3:])}", flush=True)
    report = []
    with subprocess.Popen(command, env=environment, cwd=server.folder, stdout=subprocess.PIPE, text=True) as asking:
        for line in asking.stdout:
            report.append(line)
            print(line, end="", flush=True)
    found = re.search(r"([\d,]+) generated", "".join(report))
    return int(found.group(1).replace(",", "")) if found else 0, asking.returncode == 0


if __name__ == "__main__":
    main()
