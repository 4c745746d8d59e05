#!/usr/bin/env python3
"""How fast events of the population registry reach the book, and how late each of them is.

    python3 tools/measure_registry.py --server target/release/healthbook --people 20000 --events 100000
    python3 tools/measure_registry.py --server target/release/healthbook --people 20000 --rate 500 --seconds 60

Without --rate all events are there at once, and the events a second count; with it they come one after the other, and
the lag from emitted to visible counts (p50 and p95 over all kinds, upper bounds of buckets, from /stats). A simulator and
a server are started here, on loopback, without sign-in. Exit status 1 below --least events a second, or above --bar
seconds. Python 3.9 or later, nothing else.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

from temporary_postgres import database_of


def started(command, folder):
    """A program, and the first address that it prints."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            return process, found.group()
    raise SystemExit("it ended: " + " ".join(command))


def stats(base):
    request = urllib.request.Request(base + "/stats", headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["registry"] or {"events": {}, "lagSeconds": {"kind": {}}}
    except OSError:
        return {"events": {}, "lagSeconds": {"kind": {}}}


def ended(process):
    """Ends a program; the seconds of processor time that it took."""
    process.kill()
    _, process.returncode, used = os.wait4(process.pid, 0)
    return used.ru_utime + used.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="the program")
    parser.add_argument("--database", help="an empty one; `postgres` for one of its own; an SQLite file when not given")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rate", type=float, help="events a second")
    parser.add_argument("--seconds", type=float, default=60, help="how long, with --rate")
    parser.add_argument("--least", type=float, default=0, help="events a second that must be reached")
    parser.add_argument("--bar", type=float, default=float("inf"), help="largest p95 of the lag, with --rate")
    given = parser.parse_args()
    program = str(pathlib.Path(given.server).resolve())
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        given.database = stack.enter_context(database_of(given.database))
        feed = ["--events-per-second", str(given.rate)] if given.rate else ["--events", str(given.events)]
        simulator, registry = started(
            [program, "registry-simulator", "--listen", "127.0.0.1:0", "--people", str(given.people), *feed], folder
        )
        database = given.database or f"sqlite:{folder}/book.db"
        serve = [program, "serve", "--database", database, "--data-folder", folder, "--listen", "127.0.0.1:0"]
        server, base = started([*serve, "--auth", "off", "--log", "warn", "--registry", registry], folder)
        try:
            # What is counted begins with the first event; taking the lease is no part of it.
            while not stats(base)["events"]:
                time.sleep(0.05)
            begin, before, after, came = time.monotonic(), sum(stats(base)["events"].values()), {}, 0
            while time.monotonic() - begin < (given.seconds if given.rate else 3_600):
                time.sleep(0.25)
                after = stats(base)
                came = sum(after["events"].values())
                if not given.rate and came >= given.events:
                    break
            taken = time.monotonic() - begin
        finally:
            used = {"server": ended(server), "simulator": ended(simulator)}
    rate = (came - before) / taken
    print(f"{came} events, {rate:.0f} a second, {after['events']}")
    print(", ".join(f"{who}: {1e6 * time / max(came, 1):.0f} us of a processor for an event" for who, time in used.items()))
    worst = 0.0
    for kind, lag in sorted(after["lagSeconds"]["kind"].items()):
        p95 = float("inf") if lag["p95"] is None else lag["p95"]
        worst = max(worst, p95)
        print(f"{kind:14} {lag['count']:8}  p50 <= {lag['p50']} s  p95 <= {lag['p95']} s")
    return 1 if rate < given.least or (given.rate and worst > given.bar) else 0


if __name__ == "__main__":
    sys.exit(main())
