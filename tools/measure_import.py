#!/usr/bin/env python3
"""Messages of check-ups in a folder, sent by `healthbook import --base-url`, killed on the way and gone on with.

    cargo build --release -p healthbook
    python3 tools/measure_import.py --server target/release/healthbook                      10,000 files, SQLite
    python3 tools/measure_import.py --server target/release/healthbook --database postgres  a PostgreSQL of its own

Starts a demo, writes a message for each of --files visits of its adults to a clinic of the demo, one in a hundred with the
name of somebody else, and sends them as that clinic with --jobs: once, killed after --kill-after seconds, once to the end, and once
more. In the end every visit but the faulty ones must be in the books once, each faulty one told, and the third run must send
nothing. Exit status 1 when that is not so. Python 3.9 or later.
"""

import argparse
import datetime
import pathlib
import subprocess
import sys
import tempfile
import time

from measure_check_up import check_up
from measuring import Client, Server, clean
from temporary_postgres import database_of

# One file in so many is of somebody else than it says.
FAULTY = 100


class Clinic:
    """The sender of the messages."""

    def __init__(self, client):
        self.id, self.facility = "8935000000017", client["facility"]


def adults(server, oldest):
    """People of the demo who were adults on every day."""
    youngest = f"{oldest.year - 19}-01-01"
    found = []
    for citizen in server.demo()["citizens"]:
        patient = Client(server.port).json("GET", f"/fhir/Patient/{citizen['patient_id']}")
        if len(patient.get("birthDate", "")) == 10 and patient["birthDate"] < youngest:
            name = patient["name"][0].get("text") or citizen["name"]
            found.append({"number": citizen["number"], "birthDate": patient["birthDate"], "name": name})
    return found


def write_files(folder, people, clinic, count):
    today = datetime.date.today()
    for index in range(count):
        person = people[index % len(people)]
        if index % FAULTY == 7:
            person = {**person, "name": "KHÔNG PHẢI NGƯỜI NÀY"}
        day = today - datetime.timedelta(3 + 9 * (index // len(people)))
        (folder / f"{index:06}.json").write_text(check_up(person, clinic, f"IMPORT{index:06}", day))


def check_ups(server):
    return Client(server.port).json("GET", "/fhir/Composition?_summary=count")["total"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the healthbook program")
    parser.add_argument("--database", help="an empty one; `postgres` for one of its own; an SQLite file when not given")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=200, help="of the demo [200]")
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--kill-after", type=float, default=12, help="seconds of the first run [12]")
    given = parser.parse_args()
    with database_of(given.database) as database, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = folder / "check-ups"
        files.mkdir()
        with Server(given.server, database, given.people, ["--auth", "off"], folder) as server:
            client = server.demo()["clients"][0]
            oldest = datetime.date.today() - datetime.timedelta(3 + 9 * given.files)
            people = adults(server, max(oldest, datetime.date.today() - datetime.timedelta(3_650)))
            write_files(files, people, Clinic(client), given.files)
            before = check_ups(server)
        print(f"{given.files} files of {len(people)} people", flush=True)
        with Server(given.server, database, given.people, ["--log", "warn,healthbook::serve=info"], folder) as server:
            token = folder / "token"
            command = [server.program, "import", str(files), "--base-url", server.base, "--token-file", str(token),
                       "--data-folder", str(folder / "journal"), "--jobs", str(given.jobs)]
            reports = []
            for limit in (given.kill_after, None, None):
                token.write_text(server.token("--client", client["id"]))
                begun = time.monotonic()
                run = subprocess.Popen(command, cwd=folder, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                try:
                    report, _ = run.communicate(timeout=limit)
                except subprocess.TimeoutExpired:
                    run.kill()
                    report, _ = run.communicate()
                reports.append(report)
                print(f"run {len(reports)}: {time.monotonic() - begun:.1f} s, exit status {run.returncode}", flush=True)
        with Server(given.server, database, given.people, ["--auth", "off"], folder) as server:
            stored = check_ups(server) - before
    faulty = len(range(7, given.files, FAULTY))
    print("\n".join(reports[1].strip().splitlines()[-4:]))
    told = [line.split()[0].replace(",", "") for line in reports[1].splitlines() if line.rstrip().endswith("check-up-person-differs")]
    print(f"{stored} of {given.files - faulty} check-ups are in the books; {faulty} faulty ones, told: {told}")
    is_right = stored == given.files - faulty and str(faulty) in told and run.returncode == 1
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
