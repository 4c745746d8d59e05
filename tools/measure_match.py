#!/usr/bin/env python3
"""Measures how long `POST Patient/$match` takes over HTTP.

    cargo run --release -p healthbook-record-store --example identity_rows -- sqlite:people.db 1000000
    cargo run --release -p healthbook -- serve --auth off --database sqlite:people.db
    python3 tools/measure_match.py --base-url http://127.0.0.1:8080/fhir [--queries 2000] [--limit 50]

Takes people of `identity_rows` by their ids (i0, i1, ...), and describes them as a desk does: one in four with the citizen
number, half without marks, some with day and month exchanged, a letter wrong or only a year. One connection, one request
after the other. Prints p50, p95 and p99 in milliseconds, how often the person was among the answers and how often first.
Exit status 1 when p95 is over the limit or fewer than 97 of a hundred are found. Python 3.9 or later, nothing else.
"""

import argparse
import http.client
import json
import random
import sys
import time
import unicodedata
import urllib.parse

from measuring import percentiles

NUMBER = "http://fhir.hl7.org.vn/core/sid/cccd"


def without_marks(text):
    text = text.replace("đ", "d").replace("Đ", "D")
    return "".join(it for it in unicodedata.normalize("NFD", text) if not unicodedata.combining(it))


def describe(person, dice):
    """What a desk types of a person."""
    name, born = person["name"][0]["text"], person["birthDate"]
    patient = {"resourceType": "Patient", "gender": person["gender"]}
    if dice.random() < 0.5:
        name = without_marks(name)
    slip = dice.random()
    year, month, day = born.split("-")
    if slip < 0.05 and int(day) <= 12:
        born = f"{year}-{day}-{month}"
    elif slip < 0.10:
        place = dice.randrange(len(name) - 1)
        name = name[:place] + name[place + 1] + name[place] + name[place + 2:]
    elif slip < 0.15:
        words = name.split()
        name = " ".join(words[-1:] + words[:-1])
    patient["name"], patient["birthDate"] = [{"text": name}], born
    if dice.random() < 0.25:
        number = next(it["value"] for it in person["identifier"] if it["system"] == NUMBER)
        patient["identifier"] = [{"system": NUMBER, "value": number}]
    return patient


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--limit", type=float, default=50.0, help="bar of p95 in milliseconds")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    url = urllib.parse.urlsplit(arguments.base_url.rstrip("/"))
    connection = http.client.HTTPConnection(url.netloc, timeout=60)
    headers = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}

    def request(method, path, body=None):
        connection.request(method, f"{url.path}/{path}", body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    _, counted = request("GET", "Patient?_summary=count&_total=accurate")
    people, dice = counted["total"], random.Random(arguments.seed)
    times, listed, first, refused = [], 0, 0, 0
    for _ in range(arguments.queries):
        status, person = request("GET", f"Patient/i{dice.randrange(people)}")
        if status != 200:
            sys.exit(f"Patient/i... answers {status}: is the database one of identity_rows?")
        parameters = {
            "resourceType": "Parameters",
            "parameter": [{"name": "resource", "resource": describe(person, dice)}],
        }
        body = json.dumps(parameters).encode()
        begin = time.perf_counter()
        status, answer = request("POST", "Patient/$match", body)
        times.append((time.perf_counter() - begin) * 1000)
        if status != 200:
            refused += 1
            continue
        ids = [entry["resource"]["id"] for entry in answer.get("entry", [])]
        listed += person["id"] in ids
        first += ids[:1] == [person["id"]]
    times.sort()
    p50, p95, p99 = percentiles(times)
    print(f"{people} people, {len(times)} queries: p50 {p50:.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms, most {times[-1]:.2f} ms")
    print(f"listed {listed}, first {first}, refused {refused}")
    sys.exit(0 if p95 < arguments.limit and listed >= 0.97 * len(times) else 1)


if __name__ == "__main__":
    main()
