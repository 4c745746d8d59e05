"""Compares what the black-box tests saw with the contract.

    HEALTHBOOK_TEST_RECORD=record.tsv cargo test -p healthbook-tests --test it
    healthbook serve & curl -s http://127.0.0.1:8080/openapi.json > openapi.json
    python3 tools/check_traffic.py openapi.json record.tsv

Prints routes, statuses, headers and media types that the contract does not name; exit code 1 when there are some.
"""

import collections
import json
import re
import sys

OF_HTTP = {"content-type", "content-length", "date", "connection", "transfer-encoding", "vary"}
# Answers to what is no route.
NO_ROUTE = {"unknown-path", "operation-unknown", "method-not-allowed", "resource-type-unknown"}


def resolved(document, part):
    while "$ref" in part:
        found = document
        for name in part["$ref"][2:].split("/"):
            found = found[name]
        part = found
    return part


def pattern(path):
    text = re.sub(r"\\\{type\\\}", "[A-Za-z]+", re.escape(path))
    return re.compile("^" + re.sub(r"\\\{\w+\\\}", "[^/]+", text) + "$")


def main(contract, record):
    with open(contract) as file:
        document = json.load(file)
    # Concrete paths win over templates.
    paths = sorted(document["paths"], key=lambda path: path.count("{"))
    patterns = [(path, pattern(path)) for path in paths]
    unknown, answers = collections.Counter(), 0
    with open(record, errors="replace") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if len(fields) < 6:
                continue
            method, path, status, media, headers, codes = fields
            if method == "OPTIONS" or NO_ROUTE & set(codes.split(",")):
                continue
            answers += 1
            verb = method.lower()
            found = [known for known, fits in patterns if fits.match(path) and verb in document["paths"][known]]
            if not found:
                unknown[f"route {method} {path}: {status}"] += 1
                continue
            place = f"{method} {found[0]}"
            response = document["paths"][found[0]][verb]["responses"].get(status)
            if response is None:
                unknown[f"status {place}: {status}"] += 1
                continue
            response = resolved(document, response)
            names = {name.lower() for name in response.get("headers", {})} | OF_HTTP
            for name in set(headers.split(",")) - names - {""}:
                unknown[f"header {place} {status}: {name}"] += 1
            if media != "-" and media.split(";")[0] not in response.get("content", {}):
                unknown[f"media type {place} {status}: {media}"] += 1
    for what, count in unknown.most_common():
        print(count, what)
    print(f"{answers} answers, {sum(unknown.values())} that the contract does not name")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
