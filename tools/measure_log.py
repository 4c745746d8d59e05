#!/usr/bin/env python3
"""What the log of accesses costs: throughput, commits to disk for each read, bytes for each entry.

    cargo build --release -p healthbook -p healthbook-record-store --example log_cost --bin healthbook
    python3 tools/measure_log.py --server target/release/healthbook --example target/release/examples/log_cost
    python3 tools/measure_log.py ... --database postgres                   a PostgreSQL of its own
    python3 tools/measure_log.py ... --without PROGRAM   the same program that keeps nothing of reads, over HTTP:
        git apply tools/measure_log_without.patch, build, copy the program away, git apply -R, build again
    python3 tools/measure_log.py ... --older PROGRAM     a program from before there was a log, over HTTP

Nothing switches the log off, so "without" is one of these, and all that are given are printed:
* over HTTP (--without): the same source but for a patch that is in no build, in short turns, each on a demo of its own. That
  is what a client sees, and what is judged where it is given;
* the store alone (--example): the same reads by 64 tasks of one process on the same data, with a journal that is kept, and
  without keeping it, in turns. Without HTTP, tokens and gate a read is cheap, so this ratio is a lower bound of what a
  client sees;
* over HTTP (--older): another program, from before the log, against this one, in turns, each on a demo of its own. That
  ratio also holds whatever else has changed between the two.
From the store alone follows an estimate: the time that the log takes of a read there, taken off a read over HTTP. It counts
waiting for the disk as if nobody else could read meanwhile, so it is too low where many readers keep the processors busy.

Disk: fsync and fdatasync of the server under --clients readers, counted by perf or strace (SQLite) or by PostgreSQL itself.
Bytes: what the tables of the log hold for the entries that the readers left, indexes of SQLite left out.
Exit status 1 when a bar is missed: --ratio 0.85 (over HTTP against the other program; without one, of the estimate), --reads 20 for each fsync, --bytes 160
for each entry. Linux; wrk, and for the disk perf or strace (SQLite) or psql (PostgreSQL); Python 3.9 or later.
"""

import argparse
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from measuring import Client, Server, median
from temporary_postgres import database_of

SCRIPT = """
local asked = {}
for line in io.lines("%s") do
  local path, token = line:match("(%%S+) (%%S+)")
  asked[#asked + 1] = {path, token}
end
local at = 0
request = function()
  at = at %% #asked + 1
  return wrk.format("GET", asked[at][1], {Authorization = "Bearer " .. asked[at][2]})
end
"""


# Seconds of a turn where two programs are compared.
TURN = 2


def cast(server, people):
    """Who reads what: citizens the own book, clinics those that are open to them."""
    demo = server.demo()
    asked = []
    for citizen in demo["citizens"][:people]:
        asked.append((f"/fhir/Patient/{citizen['patient_id']}", server.token("--citizen", citizen["number"])))
    for client in demo["clients"][:8]:
        token = server.token("--client", client["id"])
        found = Client(server.port, token).json("GET", "/fhir/Patient?_count=50")
        asked.extend((f"/fhir/Patient/{entry['resource']['id']}", token) for entry in found.get("entry", []))
    return asked


def read(server, asked, clients, seconds):
    """Reads in a second, all of them, and those that were no success."""
    with tempfile.TemporaryDirectory() as folder:
        listed, script = pathlib.Path(folder) / "asked", pathlib.Path(folder) / "asked.lua"
        listed.write_text("".join(f"{path} {token}\n" for path, token in asked))
        script.write_text(SCRIPT % listed)
        command = ["wrk", "-t2", f"-c{clients}", f"-d{seconds}s", "-s", str(script), server.base]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    done = int(re.search(r"(\d+) requests in", text).group(1))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), done, int(bad.group(1)) if bad else 0


def ask_postgres(database, statement):
    command = ["psql", database, "-Atqc", statement]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def synced(database):
    """How often PostgreSQL has put its log on disk since its statistics began."""
    for statement in (
        "SELECT pg_stat_force_next_flush(); SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'",
        "SELECT wal_sync FROM pg_stat_wal",
    ):
        told = ask_postgres(database, statement)
        if told:
            return int(float(told.splitlines()[-1]))
    raise SystemExit("psql tells no number of fsyncs")


def syncs(server, work):
    """How often the server waits for the disk meanwhile, and what the work tells. perf counts without stopping anything;
    strace stops a program at every call, so that fewer readers meet in a commit: what it counts is a lower bound."""
    pid = str(server.process.pid)
    events = "syscalls:sys_enter_fsync,syscalls:sys_enter_fdatasync"
    if shutil.which("perf") and not subprocess.run(["perf", "stat", "-e", events, "true"], capture_output=True).returncode:
        counting = ["perf", "stat", "-x", ",", "-e", events, "-p", pid]
        number = 0
    elif shutil.which("strace"):
        counting = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-p", pid]
        number = 3
    else:
        return None, work()
    counter = subprocess.Popen(counting, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    done = work()
    counter.send_signal(signal.SIGINT)
    told = counter.communicate()[1].splitlines()
    lines = [line.split("," if number == 0 else None) for line in told if re.search(r"fsync|fdatasync", line)]
    return sum(int(line[number]) for line in lines if len(line) > number and line[number].isdigit()), done


def disk(server, asked, arguments):
    """Reads for each fsync."""
    if server.database.startswith("sqlite:"):
        count, done = syncs(server, lambda: read(server, asked, arguments.clients, arguments.seconds)[1])
        if count is None:
            print("neither perf nor strace: fsyncs are not counted")
            return None
    else:
        before = synced(server.database)
        _, done, _ = read(server, asked, arguments.clients, arguments.seconds)
        time.sleep(2)
        count = synced(server.database) - before
    print(f"disk: {done} reads, {count} fsyncs: {done / max(count, 1):.1f} reads for each")
    return done / max(count, 1)


def settled(server):
    """How many entries the log has, once all of them have a position."""
    key = next(place for place in places(server) if place.exists())
    for _ in range(600):
        said = server.run("verify-audit", "--key", str(key))
        if "wait for their position" not in said:
            return int(re.search(r": (\d+) entries,", said).group(1))
        time.sleep(1)
    raise SystemExit("the log stands still")


def places(server):
    yield server.folder / "access-log.vkey"
    if server.database.startswith("sqlite:"):
        yield pathlib.Path(server.database[7:]).with_name("access-log.vkey")


def stored(database):
    """Bytes of what the tables of the log hold."""
    parts = {
        "log_block": "length(root) + length(checks) + length(words) + length(entries) + 8",
        "log_node": "length(hash) + 10",
        "log_checkpoint": "length(note) + 16",
        "log_person": "16",
        "log_organization": "16",
    }
    if database.startswith("sqlite:"):
        connection = sqlite3.connect(database[7:])
        return sum(connection.execute(f"SELECT coalesce(sum({sum_of}), 0) FROM {name}").fetchone()[0]
                   for name, sum_of in parts.items())
    return sum(int(ask_postgres(database, f"SELECT pg_total_relation_size('{name}')")) for name in parts)


def in_store(arguments, database, patient):
    """Reads in a second without and with, of the store alone."""
    command = [str(pathlib.Path(arguments.example).resolve()), database, patient, str(arguments.seconds), str(arguments.rounds)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{arguments.example}: {done.stderr}")
    rates = {"without": [], "with": []}
    for line in done.stdout.splitlines():
        side, rate = line.split()
        rates[side].append(float(rate))
    return median(rates["without"]), median(rates["with"])


def in_turns(arguments, other, missed):
    """The throughput as a part of that of another program. Both run all the time and are read in short turns, and each turn
    is compared with the one beside it: a machine that is slower for a while is slower for both."""
    pairs = max(arguments.rounds * arguments.seconds // TURN, 3)
    own = arguments.database if arguments.database == "postgres" else None
    with database_of(own) as theirs, database_of(own) as ours, \
            Server(getattr(arguments, other), theirs, arguments.people) as without, \
            Server(arguments.server, ours, arguments.people) as server:
        sides = [(running, cast(running, 20), []) for running in (without, server)]
        for running, asked, _ in sides:
            read(running, asked, arguments.clients, 2)
        for number in range(pairs):
            for running, asked, rates in sides if number % 2 else reversed(sides):
                rate, _, bad = read(running, asked, arguments.clients, TURN)
                rates.append(rate)
                if bad:
                    missed.append(f"{bad} answers were no success")
                # What is left to do of a turn is not to be done in the next one.
                time.sleep(1)
    (_, _, theirs), (_, _, ours) = sides
    ratios = sorted(our / their for our, their in zip(ours, theirs))
    print(f"HTTP: {median(ours):.0f} reads/s, {median(theirs):.0f} by the program of --{other}: {median(ratios):.3f},"
          f" the median of {pairs} pairs of turns of {TURN} s (quartiles {ratios[pairs // 4]:.3f} and"
          f" {ratios[-1 - pairs // 4]:.3f})")
    return median(ratios)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the healthbook program")
    parser.add_argument("--example", help="the built example log_cost of healthbook-record-store")
    parser.add_argument("--without", help="the same program built with tools/measure_log_without.patch")
    parser.add_argument("--older", help="a healthbook program from before the log")
    parser.add_argument("--database", help="an empty one; `postgres` for one of its own; an SQLite file when not given")
    parser.add_argument("--people", type=int, default=200, help="people of the demo [200]")
    parser.add_argument("--seconds", type=int, default=8, help="of each turn [8]")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of turns [3]")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--ratio", type=float, default=0.85)
    parser.add_argument("--reads", type=float, default=20)
    parser.add_argument("--bytes", type=float, default=160)
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is needed")
    ratios, missed, rates = {}, [], []
    with tempfile.TemporaryDirectory() as folder, database_of(arguments.database) as named:
        database = named or f"sqlite:{pathlib.Path(folder) / 'book.db'}"
        with Server(arguments.server, database, arguments.people, folder=folder) as server:
            asked = cast(server, 20)
            read(server, asked, arguments.clients, 2)
            before = (settled(server), stored(database))
            for _ in range(arguments.rounds):
                rate, _, bad = read(server, asked, arguments.clients, arguments.seconds)
                rates.append(rate)
                if bad:
                    missed.append(f"{bad} answers were no success")
            entries, size = settled(server) - before[0], stored(database) - before[1]
            print(f"HTTP with the log: {median(rates):.0f} reads/s at {arguments.clients} clients")
            print(f"bytes: {size} for {entries} entries: {size / max(entries, 1):.1f} for each")
            if size / max(entries, 1) > arguments.bytes:
                missed.append("bytes for each entry")
            for_each = disk(server, asked, arguments)
            if for_each is not None and for_each < arguments.reads:
                missed.append("reads for each fsync")
            patient = server.demo()["citizens"][0]["patient_id"]
        if arguments.example:
            without, kept = in_store(arguments, database, patient)
            ratios["store"] = kept / without
            took = 1 / kept - 1 / without
            over_http = 1 / (1 / median(rates) - took) if took < 1 / median(rates) else float("inf")
            ratios["estimate for HTTP"] = median(rates) / over_http
            print(f"store: {kept:.0f} reads/s with, {without:.0f} without: {kept / without:.3f} (a lower bound)")
            print(f"estimate for HTTP: {over_http:.0f} reads/s without: {median(rates) / over_http:.3f}")
    for other in ("without", "older"):
        if not getattr(arguments, other):
            continue
        if arguments.database not in (None, "postgres"):
            print(f"--{other} is measured on SQLite files of its own")
        ratios[other] = in_turns(arguments, other, missed)
    judged = next((ratios[name] for name in ("without", "older", "estimate for HTTP") if name in ratios), None)
    if judged is not None and judged < arguments.ratio:
        missed.append("throughput with the log")
    for what in missed:
        print(f"MISSED: {what}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
