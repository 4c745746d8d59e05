#!/usr/bin/env python3
"""Asks a running server whatever its OpenAPI document allows and forbids, as a clinic, a citizen and an administrator.

The full run, on SQLite and PostgreSQL (hours; the same command goes on where it stopped):
    python3 tests/schemathesis/run.py --server target/release/healthbook --results fuzzing --least 20000

The run of .ci/run, minutes:
    python3 tests/schemathesis/run.py --server target/debug/healthbook --small

One caller, one backend, the failures of one path again:
    python3 tests/schemathesis/run.py --server target/debug/healthbook --callers citizen --backends sqlite \\
        --phases fuzzing --examples 20 --include '^/access/'

A run is parts: a backend, a caller and a phase each. Every part has a server, a demo and a database of its own and the
same seed, so it can be done again alone. All checks of schemathesis are on; schemathesis.toml says which refusals are
right, and why. Only cases that were checked are counted, not what a check asks besides. Exit status 1: something
failed, could not be asked, or was too little. Packages: bash tests/clients/install.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))

from measuring import Server  # noqa: E402
from temporary_postgres import TemporaryPostgres  # noqa: E402

BACKENDS = ["sqlite", "postgres"]
CALLERS = {
    "clinic": lambda demo: ["--client", demo["clients"][0]["id"]],
    "citizen": lambda demo: ["--citizen", demo["citizens"][0]["number"]],
    "administrator": lambda _demo: ["--officer", "administrator"],
}
PHASES = ["examples", "coverage", "fuzzing", "stateful"]
# Each type of the health book has the same operations; a small run asks those with rules of their own.
SMALL_TYPES = ["Patient", "Observation", "Consent", "AuditEvent"]
# A request that hangs has to fail; a machine that is busy has not.
PATIENCE = 300
# The programs of schemathesis that run now.
ASKING = set()


def main():
    arguments = read_arguments()
    results = pathlib.Path(arguments.results or tempfile.mkdtemp(prefix="healthbook-schemathesis-"))
    results.mkdir(parents=True, exist_ok=True)
    parts = [
        (backend, caller, phase)
        for backend in arguments.backends
        for phase in arguments.phases
        for caller in arguments.callers
    ]
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with TemporaryPostgres(waits_for_disk=False) as postgres, concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        # One after the other, so that two parts do not start PostgreSQL twice.
        databases = {part: database(postgres, part) for part in parts}
        asked = {part: pool.submit(run, arguments, results, part, databases[part]) for part in parts}
        try:
            done = {part: future.result() for part, future in asked.items()}
        except BaseException:
            # Whoever ends this waits for no part, and leaves no server behind.
            pool.shutdown(wait=False, cancel_futures=True)
            for asking in list(ASKING):
                asking.terminate()
            raise
    sys.exit(0 if report(arguments, done, time.monotonic() - begin, results) else 1)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the healthbook program")
    parser.add_argument("--backends", type=names(BACKENDS), default=BACKENDS, help=f"[{','.join(BACKENDS)}]")
    parser.add_argument("--callers", type=names(CALLERS), default=list(CALLERS), help=f"[{','.join(CALLERS)}]")
    parser.add_argument(
        "--phases", type=names(PHASES), default=["fuzzing", "stateful"],
        help=f"of {','.join(PHASES)} [fuzzing,stateful]",
    )
    parser.add_argument("--examples", type=int, help="cases of each operation [6; small: 2]")
    parser.add_argument("--sequences", type=int, help="walks along links, in the phase stateful [120; small: 20]")
    parser.add_argument("--seed", type=int, default=1, help="the same cases, where the answers are the same [1]")
    parser.add_argument("--small", action="store_true", help=f"of the types of the book only {', '.join(SMALL_TYPES)}")
    parser.add_argument("--include", help="only paths that match this expression")
    parser.add_argument("--least", type=int, default=0, help="fewest cases that count as a run [0]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="parts at a time [one for each processor]")
    parser.add_argument(
        "--results",
        help="folder for the report of each part; what has passed with the same program and seed is not done again",
    )
    parser.add_argument("--schemathesis", help="the program; that of tests/clients when not given")
    arguments = parser.parse_args()
    arguments.examples = arguments.examples or (2 if arguments.small else 6)
    arguments.sequences = arguments.sequences or (20 if arguments.small else 120)
    # What is asked and what is right are of these files.
    asked = [arguments.server, __file__, HERE / "hooks.py", HERE / "schemathesis.toml"]
    arguments.program = hashlib.sha256(b"".join(pathlib.Path(it).read_bytes() for it in asked)).hexdigest()[:8]
    return arguments


def names(known):
    def read(text):
        found = text.split(",")
        if unknown := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(known)}")
        return found

    return read


def database(postgres, part):
    return postgres.database("_".join(("fuzz", *part[1:]))) if part[0] == "postgres" else None


def run(arguments, results, part, place):
    """The report of schemathesis about one part."""
    backend, caller, phase = part
    many = arguments.sequences if phase == "stateful" else arguments.examples
    extent = f"{'small' if arguments.small else 'all'}-{many}-{arguments.seed}-{arguments.program}"
    stem = results / f"{backend}-{caller}-{phase}-{extent}"
    told, text = stem.with_suffix(".json"), stem.with_suffix(".txt")
    if told.exists() and not arguments.include:
        print(f"== {' '.join(part)}: done before", flush=True)
        return json.loads(told.read_text())
    print(f"== {' '.join(part)}: begins", flush=True)
    unfinished = stem.with_suffix(".part")
    # No statement is too slow on a machine that does other things.
    limits = ["--statement-timeout", f"{PATIENCE}s", "--body-deadline", f"{PATIENCE}s"]
    with Server(arguments.server, place, people=50, arguments=limits) as server:
        environment = {
            **os.environ,
            "CONFORMANCE_TOKEN": json.dumps([server.program, "token", *CALLERS[caller](server.demo()), *server.place()]),
            "SCHEMATHESIS_HOOKS": "hooks",
            "PYTHONPATH": str(HERE),
        }
        with open(text, "w") as output:
            words = command(arguments, server, phase, many, unfinished)
            asking = subprocess.Popen(
                words, env=environment, cwd=server.folder, stdout=output, stderr=subprocess.STDOUT
            )
            ASKING.add(asking)
            ended = asking.wait()
            ASKING.discard(asking)
        lives = server.process.poll() is None
        (stem.with_suffix(".log")).write_text("\n".join(server.log[-2000:]))
    found = json.loads(unfinished.read_text()) if unfinished.exists() else {}
    found.update({"status": ended, "lives": lives, "text": str(text)})
    unfinished.unlink(missing_ok=True)
    if is_good(found) and not arguments.include:
        told.write_text(json.dumps(found, indent=1))
    print(f"== {' '.join(part)}: {checked(found)} cases, {'good' if is_good(found) else 'FAILED'}", flush=True)
    return found


def command(arguments, server, phase, many, report_file):
    program = arguments.schemathesis or str(HERE.parent / "clients" / ".venv" / "bin" / "schemathesis")
    words = [program, "--config-file", str(HERE / "schemathesis.toml"), "run", f"{server.base}/openapi.json"]
    words += ["--url", server.base, "--checks", "all", "--phases", phase, "--no-color"]
    words += ["--max-examples", str(many), "--continue-on-failure", "--seed", str(arguments.seed)]
    words += ["--workers", "1", "--suppress-health-check", "all", "--warnings", "off", "--no-shrink"]
    words += ["--generation-database", "none", "--request-timeout", str(PATIENCE), "--wait-for-schema", str(PATIENCE)]
    words += ["--report", "json", "--report-json-path", str(report_file)]
    if arguments.small:
        words += ["--exclude-path-regex", rf"^/fhir/(?!({'|'.join(SMALL_TYPES)})(/|$))[A-Z][A-Za-z]+(/_search|/\{{id\}})?$"]
    if arguments.include:
        words += ["--include-path-regex", arguments.include]
    return words


def checked(found):
    """Cases that checks have judged."""
    cases = found.get("test_cases")
    return cases["generated"] - cases["without_checks"] - cases["errored"] if cases else 0


def is_good(found):
    return found["status"] == 0 and found["lives"] and found.get("complete", False) and not found["errors"]


def report(arguments, done, seconds, results):
    """Prints what came of it; whether all is well."""
    print("\n== cases that were checked")
    print(f"{'backend':<10}{'caller':<15}{'phase':<10}{'cases':>8}{'operations':>12}{'failed':>8}{'seconds':>9}")
    for (backend, caller, phase), found in done.items():
        operations = (found.get("operations") or {}).get("tested", 0)
        failed = (found.get("test_cases") or {}).get("with_failures", 0)
        seconds_of = found.get("running_time") or 0
        print(f"{backend:<10}{caller:<15}{phase:<10}{checked(found):>8}{operations:>12}{failed:>8}{seconds_of:>9.0f}")
    bad = {part: found for part, found in done.items() if not is_good(found)}
    for part, found in bad.items():
        print(f"\n== {' '.join(part)}: seed {arguments.seed}, {found['text']}")
        if not found["lives"]:
            print("   the server ended")
        if not found.get("complete"):
            print(f"   schemathesis ended with {found['status']}")
        for failure in found.get("failures", []):
            print(f"   {failure['title']}: {failure['count']}")
            for operation in failure["operations"]:
                print(f"      {operation}")
        for error in found.get("errors", []):
            print(f"   {error['title']}: {error['count']}")
    total = sum(checked(found) for found in done.values())
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processors = used.ru_utime + used.ru_stime
    print(f"\n{total} cases in {seconds:.0f} s ({processors:.0f} s of processors), reports in {results}")
    if total < max(arguments.least, 1):
        print(f"too few: at least {max(arguments.least, 1)}")
        return False
    print("failed: " + ("; ".join(" ".join(part) for part in bad) or "nothing"))
    return not bad


if __name__ == "__main__":
    main()
