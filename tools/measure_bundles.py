#!/usr/bin/env python3
"""Imports a folder of Bundles, reads every resource back, and compares it with its source to the last digit.

    python3 tools/measure_bundles.py --server target/release/healthbook --data FOLDER --database sqlite:/tmp/m/m.db
    python3 tools/measure_bundles.py --server target/release/healthbook --data FOLDER --database postgres://...

FOLDER holds Bundles (.json, .json.gz, .json.bz2) such as Synthea writes: POST entries with urn:uuid fullUrls.
Prints: time and peak memory of the import, resources read back and differences, bytes on disk per resource, and
the time from starting the server on the full database to its first answer. Exit status 1 when something differs.
Needs Python 3.9 or later, nothing else; for PostgreSQL also psql.
"""

import argparse
import bz2
import gzip
import http.client
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import time
import urllib.parse
from concurrent.futures import ProcessPoolExecutor

SERVER_MEMBERS = ("versionId", "lastUpdated")


class Lexeme(str):
    """A number as it was written."""


def read(path):
    opener = {".bz2": bz2.open, ".gz": gzip.open}.get(path.suffix, open)
    with opener(path, "rb") as file:
        return exact(file.read())


def exact(text):
    return json.loads(text, parse_float=Lexeme, parse_int=Lexeme, object_pairs_hook=list)


def member(pairs, name):
    return next((value for key, value in pairs if key == name), None)


def is_object(value):
    return isinstance(value, list) and all(isinstance(item, tuple) for item in value)


def resolved(value, targets, name=None):
    """The source with its links resolved: what the server has to return."""
    if isinstance(value, str) and not isinstance(value, Lexeme):
        if name == "reference" and value in targets:
            return targets[value]
        return value
    if isinstance(value, list):
        if value and is_object(value):
            return [(key, resolved(inner, targets, key)) for key, inner in value]
        return [resolved(item, targets, name) for item in value]
    return value


def content(pairs):
    """Everything but the id and what the server writes into meta."""
    out = []
    for key, value in pairs:
        if key == "id":
            continue
        if key == "meta":
            value = [(inner, content) for inner, content in value if inner not in SERVER_MEMBERS]
            if not value:
                continue
            out.insert(0, (key, value))
        else:
            out.append((key, value))
    return out


def expectations(folder):
    """(type, id, content) of every resource of the folder."""
    bundles = [read(path) for path in sorted(folder.iterdir()) if ".json" in path.name]
    criteria = {}
    for bundle in bundles:
        for entry in member(bundle, "entry"):
            url, body, request = member(entry, "fullUrl"), member(entry, "resource"), member(entry, "request")
            found = member(request, "ifNoneExist")
            if found:
                kind = member(body, "resourceType")
                criteria[f"{kind}?{found}"] = f"{kind}/{url.removeprefix('urn:uuid:')}"
    for bundle in bundles:
        targets = dict(criteria)
        for entry in member(bundle, "entry"):
            url, body = member(entry, "fullUrl"), member(entry, "resource")
            targets[url] = f"{member(body, 'resourceType')}/{url.removeprefix('urn:uuid:')}"
        for entry in member(bundle, "entry"):
            url, body = member(entry, "fullUrl"), member(entry, "resource")
            yield targets[url], content(resolved(body, targets))


def compare(address, wanted):
    connection = http.client.HTTPConnection(address)
    faults = []
    for path, expected in wanted:
        connection.request("GET", f"/fhir/{path}", headers={"Accept": "application/fhir+json"})
        response = connection.getresponse()
        text = response.read()
        if response.status != 200:
            faults.append(f"{path}: status {response.status}")
        elif content(exact(text)) != expected:
            faults.append(f"{path}: differs")
    return len(wanted), faults


def start(server, database):
    began = time.perf_counter()
    process = subprocess.Popen(
        [server, "serve", "--auth", "off", "--listen", "127.0.0.1:0", "--database", database],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    for line in process.stdout:
        found = re.search(r"http://(127\.0\.0\.1:\d+)", line)
        if found:
            break
    else:
        sys.exit("the server did not start")
    address = found.group(1)
    while True:
        try:
            connection = http.client.HTTPConnection(address)
            connection.request("GET", "/fhir/Patient?_count=1")
            if connection.getresponse().status == 200:
                return process, address, time.perf_counter() - began
        except OSError:
            time.sleep(0.01)


def stop(process):
    process.terminate()
    process.wait()


def bytes_on_disk(database):
    if database.startswith("sqlite:"):
        path = database.removeprefix("sqlite:")
        return sum(os.path.getsize(path + end) for end in ("", "-wal", "-log-waiting", "-log-waiting-wal") if os.path.exists(path + end))
    query = ["psql", database, "-Atc"]
    subprocess.run([*query[:-1], "-qc", "VACUUM"], check=True)
    return int(subprocess.check_output([*query, "SELECT pg_database_size(current_database())"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--database", required=True)
    arguments = parser.parse_args()
    empty = 0 if arguments.database.startswith("sqlite:") else bytes_on_disk(arguments.database)

    began = time.perf_counter()
    done = subprocess.run(
        [arguments.server, "import", str(arguments.data), "--database", arguments.database], stdout=subprocess.PIPE, text=True
    )
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(done.stdout.strip())
    print(f"import: {seconds:.1f} s, exit status {done.returncode}, peak memory {peak:.0f} MB")

    wanted = list(expectations(arguments.data))
    server, address, first_answer = start(arguments.server, arguments.database)
    parts = [wanted[at::4] for at in range(4)]
    with ProcessPoolExecutor(2) as pool:
        results = list(pool.map(compare, [address] * len(parts), parts))
    stop(server)
    checked = sum(count for count, _ in results)
    faults = [fault for _, found in results for fault in found]
    print(f"read back: {checked} resources, {len(faults)} differences")
    for fault in faults[:20]:
        print(f"  {fault}")
    size = bytes_on_disk(arguments.database) - empty
    print(f"disk: {size / 1e6:.1f} MB, {size / len(wanted):.0f} bytes per resource")
    server, address, first_answer = start(arguments.server, arguments.database)
    print(f"start on this database to first answer: {first_answer:.3f} s")
    stop(server)
    sys.exit(1 if faults or done.returncode else 0)


if __name__ == "__main__":
    main()
