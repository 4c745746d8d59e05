#!/usr/bin/env python3
"""Loads a set of Bundles once, 8 times and 64 times, and measures the common searches at each size.

    python3 tools/growth.py --server target/release/healthbook --data FOLDER \\
        --database sqlite:/tmp/growth/growth.db --work /tmp/growth/sqlite
    python3 tools/growth.py --server target/release/healthbook --data FOLDER \\
        --database postgres://user:password@host/growth --work /tmp/growth/postgres --postgres-pid PID

One database grows: copies are made (multiply_bundles.py), imported and deleted in batches, and whenever a factor is
reached the server is started, measured (measure_search_growth.py) and stopped. At the end the sizes are compared.
--work holds the reports (1x.json, 8x.json, ...), the batch at hand, and what has been done: the same command run
again goes on where it stopped. A report is not measured again unless it is deleted (only the size that the database
has now can be measured again). A database of PostgreSQL must exist and be empty at the first run.

PostgreSQL gets a VACUUM (ANALYZE) before a measurement, as its autovacuum does somewhat later, if psql is installed.
Needs Python 3.9 or later, nothing else.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import multiply_bundles

HERE = pathlib.Path(__file__).resolve().parent


def say(text):
    """Prints a line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class State:
    """What has been done to a database."""

    def __init__(self, work, database):
        self.path = work / "state.json"
        content = json.loads(self.path.read_text()) if self.path.exists() else {"database": database, "copies": 0}
        if content["database"] != database:
            sys.exit(f"{self.path}: belongs to another database; choose another --work folder")
        self.database = database
        self.copies = content["copies"]

    def loaded(self, copies):
        """So many copies are in the database now."""
        self.copies = copies
        unfinished = self.path.with_suffix(".part")
        unfinished.write_text(json.dumps({"database": self.database, "copies": copies}))
        os.replace(unfinished, self.path)


def psql(database, statement):
    """The answer of PostgreSQL; None without psql."""
    if not shutil.which("psql"):
        return None
    return subprocess.check_output(["psql", database, "-Atqc", statement], text=True).strip()


def size(database):
    """Bytes of a database; None when nobody knows."""
    if database.startswith("sqlite:"):
        path = database.removeprefix("sqlite:")
        return sum(os.path.getsize(path + end) for end in ("", "-wal", "-log-waiting", "-log-waiting-wal") if os.path.exists(path + end))
    answer = psql(database, "SELECT pg_database_size(current_database())")
    return int(answer) if answer else None


def load(arguments, state, goal):
    """Brings the database to `goal` copies."""
    batch = arguments.work / "batch"
    while state.copies < goal:
        first, count = state.copies + 1, min(arguments.batch, goal - state.copies)
        shutil.rmtree(batch, ignore_errors=True)
        began = time.perf_counter()
        files, written = multiply_bundles.multiply(arguments.data, batch, first, count)
        made = time.perf_counter() - began
        command = [arguments.server, "import", str(batch), "--log", "error", *where(arguments)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        report = " ".join(done.stdout.split("\n")[1:]).strip()
        if done.returncode:
            sys.exit(f"import failed ({done.returncode}):\n{done.stdout}")
        state.loaded(first + count - 1)
        shutil.rmtree(batch, ignore_errors=True)
        say(
            f"copies {first} to {first + count - 1} of {goal}: {files:,} files, {written / 1e6:,.0f} MB made in "
            f"{made:.0f} s; {report}; database {(size(arguments.database) or 0) / 1e6:,.0f} MB"
        )


def where(arguments):
    """Flags that name the database."""
    return ["--database", arguments.database, "--data-folder", str(arguments.work / "data")]


def start(arguments):
    """Starts the server; returns the process and the address of its FHIR API."""
    with open(arguments.work / "server.log", "ab") as log:
        process = subprocess.Popen(
            [arguments.server, "serve", "--auth", "off", "--listen", "127.0.0.1:0", "--log", "error",
             *where(arguments)],
            stdout=subprocess.PIPE, stderr=log, text=True,
        )
    for line in process.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+/fhir", line)
        if found:
            return process, found.group()
    sys.exit(f"the server did not start; see {arguments.work / 'server.log'}")


def patients(folder):
    """How many patients the Bundles of a folder hold."""
    texts = map(multiply_bundles.read, multiply_bundles.bundles(folder))
    return sum(len(re.findall(r'"resourceType" *: *"Patient"', text)) for text in texts)


def measure(arguments, factor, report):
    """Measures the database as it is."""
    if arguments.database.startswith("postgres"):
        began = time.perf_counter()
        done = psql(arguments.database, "VACUUM (ANALYZE)")
        say("no psql: no ANALYZE" if done is None else f"VACUUM (ANALYZE) {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    process, url = start(arguments)
    try:
        say(f"{factor}x: server started in {time.perf_counter() - began:.1f} s")
        command = [
            sys.executable, str(HERE / "measure_search_growth.py"), "measure", "--base-url", url,
            "--label", f"{factor}x", "--server-pid", str(process.pid), "--sample", str(arguments.sample),
            "--repetitions", str(arguments.repetitions), "--out", str(report),
        ]
        if arguments.postgres_pid:
            command += ["--pid", str(arguments.postgres_pid)]
        failed = subprocess.run(command).returncode
    finally:
        process.terminate()
        process.wait()
    if failed:
        sys.exit("measuring failed")
    content = json.loads(report.read_text())
    found, expected = content["resources"]["Patient"], factor * patients(arguments.data)
    if found != expected:
        report.unlink()
        known = arguments.work / "state.json"
        sys.exit(f"{factor}x: {found:,} patients, not {expected:,}: is this the database that {known} is about?")
    content["database_bytes"] = size(arguments.database)
    report.write_text(json.dumps(content, indent=1) + "\n")


def main():
    """Reads the arguments and goes through the factors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the program `healthbook`")
    parser.add_argument("--data", required=True, type=pathlib.Path, help="folder with the Bundles")
    parser.add_argument("--database", required=True, help="sqlite:PATH or postgres://...")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="folder for reports and what has been done")
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 8, 64], help="sizes (default 1 8 64)")
    parser.add_argument("--batch", type=int, default=8, help="copies on disk at one time (default 8)")
    parser.add_argument("--sample", type=int, default=60, help="patients to take values from (default 60)")
    parser.add_argument("--repetitions", type=int, default=5, help="times that each value is asked for (default 5)")
    parser.add_argument("--postgres-pid", type=int, help="first process of PostgreSQL, for its CPU time")
    arguments = parser.parse_args()
    # A kill ends like Ctrl-C: what was started here is stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments.work.mkdir(parents=True, exist_ok=True)
    if arguments.database.startswith("sqlite:"):
        folder = pathlib.Path(arguments.database.removeprefix("sqlite:")).parent
        folder.mkdir(parents=True, exist_ok=True)
    state = State(arguments.work, arguments.database)
    reports = []
    for factor in sorted(arguments.factors):
        report = arguments.work / f"{factor}x.json"
        load(arguments, state, factor)
        if report.exists():
            say(f"{factor}x: measured before ({report})")
        elif state.copies > factor:
            say(f"{factor}x: not measured, the database has {state.copies} copies already")
            continue
        else:
            measure(arguments, factor, report)
        reports.append(str(report))
    command = [sys.executable, str(HERE / "measure_search_growth.py"), "compare", *reports]
    sys.exit(subprocess.run(command).returncode if reports else 0)


if __name__ == "__main__":
    main()
