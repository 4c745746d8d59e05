#!/usr/bin/env python3
"""How long a page of the due list takes for a station with many people ($check-up-due; docs/check-up.md, section 8).

    cargo build --release -p healthbook
    python3 tools/measure_due.py --server target/release/healthbook --people 20000
    python3 tools/measure_due.py --server ... --database postgres://user:secret@host/empty

Starts a demo of its own, imports that many people whose home station is one of the demo, three in four with check-ups (this
year, last year, longer ago; up to eight of them), and reads the whole list as a nurse: without a state, and by each state.
Prints p50, p95 and p99 of a page, pages and people. Exit status 1 when p95 is above --bar milliseconds. Python 3.9 or later.
"""

import argparse
import datetime
import json
import pathlib
import random
import sys
import tempfile
import time

from measuring import Client, Server, percentiles
from temporary_postgres import database_of

PROFILE = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-composition-health-checkup"


def resources(people, organization, dice):
    """The people of the station and their check-ups, one resource after the other."""
    year = datetime.date.today().year
    for number in range(people):
        patient = f"due-{number}"
        yield {
            "resourceType": "Patient", "id": patient, "active": True,
            "name": [{"text": f"Người Dân {number}"}], "gender": "female", "birthDate": f"{1940 + number % 80}-03-01",
            "identifier": [{"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": f"0998{number:08}"}],
            "managingOrganization": {"reference": f"Organization/{organization}"},
        }
        last = (None, year, year - 1, year - 3)[number % 4]
        if last is None:
            continue
        for before in range(dice.randint(1, 8)):
            day = f"{last - before}-01-{dice.randint(1, 28):02}"
            name = f"{patient}-{before}"
            yield {
                "resourceType": "Encounter", "id": name, "status": "finished",
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                "type": [{"coding": [{"system": "urn:healthbook:code-system:visit-kind", "code": "check-up"}]}],
                "subject": {"reference": f"Patient/{patient}"}, "period": {"start": f"{day}T08:00:00+07:00"},
                "serviceProvider": {"reference": f"Organization/{organization}"},
            }
            yield {
                "resourceType": "Composition", "id": name, "status": "final", "meta": {"profile": [PROFILE]},
                "identifier": {"system": "http://fhir.hl7.org.vn/core/sid/ma-lk", "value": name},
                "type": {"text": "Khám sức khỏe từ đủ 18 tuổi"}, "subject": {"reference": f"Patient/{patient}"},
                "encounter": {"reference": f"Encounter/{name}"}, "date": day, "title": "Khám sức khỏe",
                "author": [{"reference": f"Organization/{organization}"}],
                "section": [{"title": "Kết luận", "text": {"status": "generated",
                    "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}],
            }


def station(server):
    """Code and Organization of a commune health station of the demo."""
    code = next(it["facility"] for it in server.demo()["clients"] if it["kind"] == "commune-health-station")
    nurse = token(server, code)
    found = Client(server.port, nurse).json("GET", f"/fhir/Organization?identifier=http://fhir.hl7.org.vn/core/sid/ma-cskcb%7C{code}")
    return code, found["entry"][0]["resource"]["id"]


def token(server, code):
    client = server.demo()["clients"][0]["id"]
    return server.token("--client", client, "--facility", code, "--role", "nurse", "--purpose", "TREAT")


def walk(client, path):
    """Seconds of each page, and how many people were on them."""
    times, people = [], 0
    while path:
        begun = time.perf_counter()
        page = client.json("GET", path)
        times.append(time.perf_counter() - begun)
        people += len(page.get("entry", []))
        path = next((link["url"].split("/fhir", 1)[1] for link in page["link"] if link["relation"] == "next"), None)
        path = path and "/fhir" + path
    return times, people


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the program, built for release")
    parser.add_argument("--database", help="an empty one; `postgres` for one of its own; an SQLite file when not given")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--bar", type=float, default=1_000.0, help="milliseconds that p95 may take")
    arguments = parser.parse_args()
    missed = False
    with tempfile.TemporaryDirectory() as folder, database_of(arguments.database) as database:
        with Server(arguments.server, database, folder=folder) as server:
            code, organization = station(server)
        file = pathlib.Path(folder) / "people.ndjson"
        with file.open("w") as out:
            for resource in resources(arguments.people, organization, random.Random(412)):
                out.write(json.dumps(resource) + "\n")
        begun = time.perf_counter()
        print(server.run("import", str(file)).splitlines()[-1], f"({time.perf_counter() - begun:.0f} s)")
        with Server(arguments.server, database, folder=folder) as server:
            bearer = token(server, code)
            for query in ["_count=20", "_count=100", *[f"_count=100&status={it}" for it in ("due", "done", "overdue")]]:
                # A token lives five minutes.
                bearer = token(server, code)
                client = Client(server.port, bearer)
                times, people = walk(client, f"/fhir/Organization/{organization}/$check-up-due?{query}")
                p50, p95, p99 = (time * 1000 for time in percentiles(times))
                print(f"{query:28} {people:6} people, {len(times):5} pages: p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms")
                missed |= p95 > arguments.bar
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
