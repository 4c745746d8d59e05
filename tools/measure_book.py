#!/usr/bin/env python3
"""How long `Patient/[id]/$summary` and the first page of `$timeline` take in a book of 10,000 resources.

    cargo build --release -p healthbook
    python3 tools/measure_book.py --server target/release/healthbook                     SQLite
    python3 tools/measure_book.py --server target/release/healthbook --database postgres a PostgreSQL of its own
    python3 tools/measure_book.py --server target/release/healthbook --database postgres://user:secret@host/empty

Starts a demo, takes the book of its eldest citizen (check-ups, visits, diagnoses, medicines, laboratory) and has it once
more for every half a year of sixty years, with ids of its own and older days, until there are so many resources; treatments
of old days are over, but for some. `healthbook import` loads them. Then a server with sign-in, gate and log of accesses
answers (on PostgreSQL after an ANALYZE, which its autovacuum would do within a minute), one request after the other on a kept connection: to the citizen, and to a clinic that treats the person. Each answer is
read to its end. --pages measures the citizen's pages /book and /book/timeline, too; they have no bar.
Prints p50, p95 and p99 in milliseconds, and beside them the processor time of the server for each answer, which a busy machine
does not change (Linux). Exit status 1 when a p95 is over --bar (100). Python 3.9 or later; for
PostgreSQL psql.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import re
import sys
import tempfile
import time
import uuid

from measuring import Browser, Client, Server, percentiles
from temporary_postgres import database_of

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DAY = re.compile(r'(?<=")[12][0-9]{3}-[01][0-9]-[0-3][0-9](?=["T])')
COPIED = ("Composition", "Encounter", "Observation", "Condition", "DocumentReference", "Immunization", "DiagnosticReport",
          "MedicationRequest")
# Of so many treatments and diagnoses of earlier days one goes on.
GOES_ON = 12
YEARS = 60


def everything(client, patient):
    path, found = f"/fhir/Patient/{patient}/$everything?_count=500", []
    while path:
        page = client.json("GET", path)
        found.extend(entry["resource"] for entry in page.get("entry", []))
        following = [link["url"] for link in page["link"] if link["relation"] == "next"]
        path = re.sub(r"^https?://[^/]+", "", following[0]) if following else None
    return found


def is_of(resource, patient):
    """Whether a resource is in the book and may be there again."""
    whose = resource.get("subject") or resource.get("patient") or {}
    return resource["resourceType"] in COPIED and whose.get("reference") == f"Patient/{patient}"


def earlier(resource, copy, names, days, number):
    """The same, some days earlier, under an id of its own."""
    text = json.dumps(resource, ensure_ascii=False)

    def name(found):
        return str(uuid.uuid5(uuid.UUID(found.group()), f"earlier-{copy}")) if found.group() in names else found.group()

    def day(found):
        return str(datetime.date.fromisoformat(found.group()) - datetime.timedelta(days))

    made = json.loads(DAY.sub(day, UUID.sub(name, text)))
    for member in ("versionId", "lastUpdated"):
        made.get("meta", {}).pop(member, None)
    if not made.get("meta", True):
        del made["meta"]
    kind = made["resourceType"]
    if number % GOES_ON and kind == "MedicationRequest" and made["status"] in ("active", "on-hold"):
        made["status"] = "completed"
    if number % GOES_ON and kind == "Condition" and "clinicalStatus" in made:
        made["clinicalStatus"] = {"coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}]}
    return made


def others(patient, count):
    """What the demo has none of for this person: allergies and procedures."""
    subject = {"reference": f"Patient/{patient}"}
    for index in range(6):
        yield {
            "resourceType": "AllergyIntolerance", "id": f"measured-allergy-{index}", "patient": subject,
            "code": {"text": "Penicillin"}, "recordedDate": f"{1980 + 5 * index}-03-04",
            "clinicalStatus": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                "code": "active" if index else "resolved"}]},
        }
    for index in range(count):
        yield {
            "resourceType": "Procedure", "id": f"measured-procedure-{index}", "subject": subject, "status": "completed",
            "code": {"text": "Nội soi dạ dày"}, "performedDateTime": f"{2025 - index % YEARS}-{1 + index % 12:02}-11",
        }


def grow(server, patient, token, size):
    """A file with what the book lacks, and how many that are."""
    found = everything(Client(server.port, token), patient)
    base = [resource for resource in found if is_of(resource, patient)]
    names = {resource["id"] for resource in base}
    wanted = size - sum(1 for it in found if it["resourceType"] not in ("Location", "Organization", "Practitioner"))
    made, copies = list(others(patient, 60)), max(1, -(-wanted // max(len(base), 1)))
    for copy in range(1, copies + 1):
        days = copy * YEARS * 365 // copies - (copies > 60)
        made.extend(earlier(it, copy, names, days, len(made) + index) for index, it in enumerate(base))
    made = made[:wanted]
    path = server.folder / "grown.ndjson"
    path.write_text("".join(json.dumps(it, ensure_ascii=False) + "\n" for it in made))
    return path, len(made)


def treats(server, patient):
    """The token of a clinic that sees the book."""
    for client in server.demo()["clients"]:
        token = server.token("--client", client["id"])
        answer, _ = Client(server.port, token).request("GET", f"/fhir/Observation?patient={patient}&_count=1")
        if answer.status == 200:
            found = Client(server.port, token).json("GET", f"/fhir/Encounter?patient={patient}&_count=1")
            if found.get("entry"):
                return client["id"]
    raise SystemExit("no clinic of the demo treats the person")


def processor(server):
    """Milliseconds of processor time that the server has used, where the system tells."""
    try:
        fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")
    except OSError:
        return float("nan")


def measure(server, ask, requests):
    times, size, before = [], 0, processor(server)
    for number in range(requests + 5):
        begin = time.perf_counter()
        answer, content = ask()
        taken = (time.perf_counter() - begin) * 1000
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {content[:300]}")
        size = len(content)
        # The first ones warm the server, as any other request does.
        if number >= 5:
            times.append(taken)
    used = (processor(server) - before) / (requests + 5)
    return percentiles(times) + [used], size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the healthbook program")
    parser.add_argument("--database", help="an empty one; `postgres` for one of its own; an SQLite file when not given")
    parser.add_argument("--resources", type=int, default=10_000, help="size of the book [10000]")
    parser.add_argument("--requests", type=int, default=400, help="of each kind and caller [400]")
    parser.add_argument("--bar", type=float, default=100.0, help="largest p95 in milliseconds [100]")
    parser.add_argument("--pages", action="store_true", help="the pages of the citizen, too")
    parser.add_argument("--keep", help="folder that keeps the SQLite database; one that is there already is measured as it is")
    given = parser.parse_args()
    missed = False
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(database_of(given.database))
        folder = pathlib.Path(given.keep or stack.enter_context(tempfile.TemporaryDirectory())).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        database = database or f"sqlite:{folder / 'book.db'}"

        def start():
            return Server(given.server, database, 30, folder=folder)

        if not (folder / "grown.ndjson").exists():
            with start() as server:
                citizen = server.demo()["citizens"][0]
                path, count = grow(server, citizen["patient_id"], server.token("--citizen", citizen["number"]), given.resources)
            begin = time.monotonic()
            server.run("import", str(path))
            print(f"{count} resources imported in {time.monotonic() - begin:.1f} s", flush=True)
        with start() as server:
            citizen = server.demo()["citizens"][0]
            patient = citizen["patient_id"]
            own = server.token("--citizen", citizen["number"])
            size = sum(1 for it in everything(Client(server.port, own), patient)
                       if it["resourceType"] not in ("Location", "Organization", "Practitioner"))
            kind = "PostgreSQL" if database.startswith("postgres") else "SQLite"
            print(f"{kind}: a book of {size} resources", flush=True)
            clinic = treats(server, patient)

            def told(whose, name, figures, length, bar=given.bar):
                verdict = "" if bar is None else " holds" if figures[1] < bar else " MISSED"
                p50, p95, p99, used = figures
                print(f"{whose:8} {name:10} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  p99 {p99:6.1f} ms"
                      f"  processor {used:5.1f} ms  {length / 1024:5.0f} KiB{verdict}", flush=True)
                return bar is not None and figures[1] >= bar

            for whose, asked in (("citizen", ["--citizen", citizen["number"]]), ("clinic", ["--client", clinic])):
                for name in ("$summary", "$timeline"):
                    client = Client(server.port, server.token(*asked))
                    figures, length = measure(server, lambda: client.request("GET", f"/fhir/Patient/{patient}/{name}"), given.requests)
                    missed |= told(whose, name, figures, length)
            if given.pages:
                browser = Browser(server.port)
                browser.sign_in(server, citizen["number"], server.password())
                for page in ("/book", "/book/timeline"):
                    figures, length = measure(server, lambda: browser.request("GET", page), given.requests)
                    told("citizen", page, figures, length, None)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
