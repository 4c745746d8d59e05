#!/usr/bin/env python3
"""Reads of one book with the gate against the same reads without sign-in, in turns: A B A B.

    python3 tools/measure_gate.py --server target/release/healthbook
    python3 tools/measure_gate.py --server target/release/healthbook --database postgres://... --seconds 10 --rounds 4

A is `--auth off`, B the token of a citizen (own book) or of a clinic's system. Each turn starts the server anew on the
same data, warms it and counts answers of `wrk` (of threads of its own where wrk is missing: then the client is the
limit, and the ratio flatters). Prints each turn, the medians, and the median of the ratios of neighbouring turns, which is
judged: a machine that is slower for a while is slower for both. Exit status 1 below --bar (0.85).
Linux, Python 3.9 or later; wrk for figures that mean something.
"""

import argparse
import contextlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from measuring import Client, Server, median
from temporary_postgres import database_of


def by_wrk(server, path, token, seconds, connections):
    """Requests in a second, and the number of answers that were no success."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    text = subprocess.run([*command, server.base + path], capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return rate, int(bad.group(1)) if bad else 0


def by_threads(server, path, token, seconds, connections):
    end = time.monotonic() + seconds
    counts, bad = [0] * connections, [0] * connections

    def read(index):
        client = Client(server.port, token)
        while time.monotonic() < end:
            answer, _ = client.request("GET", path)
            counts[index] += 1
            bad[index] += answer.status != 200

    threads = [threading.Thread(target=read, args=(index,)) for index in range(connections)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - begin), sum(bad)


def whom(server, kind):
    """A token, and a Patient that it opens."""
    demo = server.demo()
    if kind == "citizen":
        citizen = demo["citizens"][0]
        return server.token("--citizen", citizen["number"]), citizen["patient_id"]
    # Not every facility has a patient now: the first one that sees an observation.
    for client in demo["clients"]:
        token = server.token("--client", client["id"])
        found = Client(server.port, token).json("GET", "/fhir/Observation?_count=1")
        for entry in found.get("entry", []):
            return token, entry["resource"]["subject"]["reference"].split("/")[1]
    raise SystemExit("no clinic of the demo sees an observation")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the healthbook program")
    parser.add_argument("--database", help="an empty one; `postgres` for one of its own; an SQLite file when not given")
    parser.add_argument("--people", type=int, default=200, help="people of the demo [200]")
    parser.add_argument("--seconds", type=int, default=8, help="of each turn [8]")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of turns [3]")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", choices=("read", "search", "everything"), help="one kind of request [all]")
    parser.add_argument("--bar", type=float, default=0.85, help="least ratio with the gate to without [0.85]")
    arguments = parser.parse_args()
    count = by_wrk if shutil.which("wrk") else by_threads
    print("counted by", "wrk" if count is by_wrk else "threads of this program: the client is the limit")
    missed = False
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        database = stack.enter_context(database_of(arguments.database)) or f"sqlite:{pathlib.Path(folder) / 'book.db'}"

        def start(*more):
            return Server(arguments.server, database, arguments.people, more, folder)

        for kind in ("citizen", "clinic"):
            with start() as server:
                _, patient = whom(server, kind)
            for name, path in (
                ("read", f"/fhir/Patient/{patient}"),
                ("search", f"/fhir/Observation?patient={patient}&_count=10"),
                ("everything", f"/fhir/Patient/{patient}/$everything?_count=20"),
            ):
                if arguments.only not in (None, name):
                    continue
                rates = {"off": [], "on": []}
                for _ in range(arguments.rounds):
                    for side in ("off", "on"):
                        with start(*(["--auth", "off"] if side == "off" else [])) as server:
                            token = whom(server, kind)[0] if side == "on" else None
                            count(server, path, token, 2, arguments.connections)
                            rate, bad = count(server, path, token, arguments.seconds, arguments.connections)
                        if bad:
                            print(f"WRONG: {kind} {name} {side}: {bad} answers were no success")
                            missed = True
                        rates[side].append(rate)
                        print(f"{kind:8} {name:11} {side:4} {rate:10.0f}/s", flush=True)
                # Of neighbouring turns: a machine that is slower for a while is slower for both.
                ratio = median([on / off for on, off in zip(rates["on"], rates["off"])])
                verdict = "holds" if ratio >= arguments.bar else "MISSED"
                missed |= ratio < arguments.bar
                print(
                    f"{kind:8} {name:11} {median(rates['on']):.0f}/s with, {median(rates['off']):.0f}/s without:"
                    f" {ratio:.3f} (bar {arguments.bar}) {verdict}",
                    flush=True,
                )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
