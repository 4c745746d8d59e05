#!/usr/bin/env python3
"""Compares the traffic of the black-box tests with the contract.

    HEALTHBOOK_TEST_RECORD=$PWD/record.jsonl cargo test -p healthbook-tests --test it
    tests/clients/.venv/bin/python tools/check_traffic.py api-spec/openapi.yaml record.jsonl

Every answer: its route, status, headers, media type, and its body by the schema, which must name each member. Of a
request that was granted also the parameters of its address, the headers and the body: what is wrong on purpose is
judged by the answer alone. Prints what the contract does not name; exit status 1 when there is something, and when
there is less traffic than --least answers. Packages (jsonschema_rs, PyYAML): bash tests/clients/install.
"""

import argparse
import collections
import functools
import json
import re
import sys

import jsonschema_rs
import yaml

# Fields of HTTP itself (RFC 9110, RFC 9112, RFC 9111, Fetch), which OpenAPI wants neither as parameters nor twice.
OF_ANSWERS = {"content-type", "content-length", "date", "connection", "transfer-encoding", "vary"}
OF_REQUESTS = OF_ANSWERS | {
    "accept-language", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site",
    "host", "accept", "accept-encoding", "authorization", "content-encoding", "cookie", "expect", "origin", "user-agent",
    "access-control-request-method", "access-control-request-headers", "upgrade-insecure-requests", "referer",
    # Ignored, which a test shows.
    "x-http-method-override",
}
# Answers to what is no route: the code says so.
NO_ROUTE = {"unknown-path", "operation-unknown", "method-not-allowed", "resource-type-unknown"}
# Remarks of what was done all the same.
REMARKS = {"all-ok", "includes-cut", "profile-unknown", "bundle-unreached"}
# What the simulators answer that the tests ask, too (docs/registry.md, docs/sign-in.md).
OTHERS = {"/sample", "/events", "/health", "/authorize"}
# Own search parameters of the tests: the document of a database with own ones names them, and is compared by tests.
OWN = re.compile("^(own-|vn-|tongue$|good$)")
# Conditions of other methods, which a test shows to mean nothing for a creation.
IGNORED_BY_POST = {"if-match", "if-none-match", "if-modified-since"}
# The data axis refuses with 200 and a res_code.
BY_RES_CODE = ("/api/platform/", "/api/auth/")
BEFORE_ROUTES = {400, 408, 431}
VERBS_OF_PATHS = {"get", "head", "post", "put", "patch", "delete"}
VERBS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Contract:
    def __init__(self, document):
        self.document = document
        self.any_resource = document["components"]["schemas"]["AnyResource"]
        self.registry = jsonschema_rs.Registry([("urn:contract", {"$schema": "https://json-schema.org/draft/2020-12/schema", **document})])
        # Concrete paths win over templates.
        paths = sorted(document["paths"], key=lambda path: path.count("{"))
        self.patterns = [(path, self.pattern(path), loose(path)) for path in paths]

    def pattern(self, path):
        """What fits a path with its variables, each as its own pattern allows: _history is no id."""
        operations = [part for verb, part in self.document["paths"][path].items() if verb in VERBS_OF_PATHS]
        variables = {}
        for operation in operations:
            for part in map(self.resolved, operation.get("parameters", [])):
                if part["in"] == "path":
                    variables[part["name"]] = self.resolved(part["schema"]).get("pattern", "^[^/]+$").strip("^$")
        variables["type"] = "[A-Za-z]+"
        pieces = re.split(r"\{(\w+)\}", path)
        text = "".join(f"(?:{variables[piece]})" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
        return re.compile(f"^{text}$")

    def resolved(self, part):
        while isinstance(part, dict) and "$ref" in part:
            found = self.document
            for name in part["$ref"][2:].split("/"):
                found = found[name.replace("~1", "/").replace("~0", "~")]
            part = found
        return part

    @functools.lru_cache(maxsize=None)
    def route(self, verb, path, is_refused):
        """The first template that fits and has the method; with variables that are none of theirs for a refusal."""
        fitting = [known for known, fits, _ in self.patterns if fits.match(path)]
        if is_refused and not any(verb in self.document["paths"][known] for known in fitting):
            fitting = [known for known, _, fits in self.patterns if fits.match(path)]
        with_verb = [known for known in fitting if verb in self.document["paths"][known]]
        return (with_verb or [None])[0], bool(fitting)

    def faults(self, schema, value):
        """What is wrong with a value, and members that no schema names."""
        if set(self.resolved(schema)) <= {"description"}:
            # Open on purpose: a resource that may be wrong.
            return []
        validator = self.validator(json.dumps(schema, sort_keys=True))
        found = [f"{steps(error.instance_path)}: {shortened(error.message)}" for error in validator.iter_errors(value)]
        found += [place if ": " in place else f"{place}: no such member" for place in self.unknown([schema], value, "")]
        return found

    @functools.lru_cache(maxsize=None)
    def validator(self, text):
        schema = json.loads(text.replace('"#/', '"urn:contract#/'))
        return jsonschema_rs.Draft202012Validator(schema, registry=self.registry, validate_formats=True)

    def unknown(self, schemas, value, place):
        """Places of members that none of the schemas names: what a document leaves open it does not document."""
        parts = list(self.parts(schemas))
        if isinstance(value, list):
            items = [part["items"] for part in parts if isinstance(part.get("items"), dict)]
            for item in value if items else []:
                yield from self.unknown(items, item, place + "[]")
            return
        if not isinstance(value, dict):
            return
        # A resource inside of another is what the schema of its type says, as AnyResource tells; the types without one
        # are those of the paths with {type}.
        if "resourceType" in value and any(part is self.any_resource for part in parts):
            own = self.document["components"]["schemas"].get(value["resourceType"])
            if own is not None:
                validator = self.validator(json.dumps({"$ref": f"#/components/schemas/{value['resourceType']}"}))
                for error in validator.iter_errors(value):
                    yield f"{place}<{value['resourceType']}>{steps(error.instance_path)}: {shortened(error.message)}"
                yield from self.unknown([own], value, f"{place}<{value['resourceType']}>")
            return
        # {} says that it may be anything.
        if any(self.resolved(schema) == {} for schema in schemas):
            return
        # An object of which nothing is said is told by the words of its description alone.
        if not any(part.get("properties") or part.get("patternProperties") or "additionalProperties" in part for part in parts):
            if value:
                yield f"{place or 'body'} ({', '.join(sorted(value)[:6])})"
            return
        for name, member in value.items():
            known = [part["properties"][name] for part in parts if name in part.get("properties", {})]
            for part in parts:
                known += [schema for expression, schema in part.get("patternProperties", {}).items() if re.search(expression, name)]
            if not known:
                known = [part["additionalProperties"] for part in parts if isinstance(part.get("additionalProperties"), dict)]
            if not known:
                yield f"{place}.{name}"
                continue
            yield from self.unknown([schema for schema in known if isinstance(schema, dict)], member, f"{place}.{name}")

    def parts(self, schemas):
        waiting = list(schemas)
        while waiting:
            part = self.resolved(waiting.pop())
            if isinstance(part, dict):
                yield part
                for name in ("allOf", "anyOf", "oneOf"):
                    waiting += part.get(name, [])
                waiting += [part[name] for name in ("then", "else") if name in part]


def loose(path):
    return re.compile("^" + re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "$")


def steps(path):
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in path) or "body"


def shortened(text):
    """Values are different each time: they are left out."""
    return re.sub(r'".*?"', '"…"', text[:2_000])[:160]


class Check:
    def __init__(self, contract):
        self.contract = contract
        self.unknown = collections.Counter()
        self.first = {}
        self.seen = collections.Counter()

    def note(self, what, line):
        self.unknown[what] += 1
        self.first.setdefault(what, f"{line['method']} {line['path']}?{'&'.join(line['query'])} {line['status']} {','.join(line['codes'])}")

    def answer(self, line):
        method, path, status = line["method"], line["path"], line["status"]
        self.seen["answers"] += 1
        # Whether what listens there is the server is asked of the simulators, too.
        if path in OTHERS or (path == "/health/ready" and "x-request-id" not in line["headers"]):
            self.seen["of other servers"] += 1
            return
        # docs/contract.md, section 4: what is refused before its route is known has neither a number nor a body.
        if status in BEFORE_ROUTES and "x-request-id" not in line["headers"]:
            self.seen["before a route was known"] += 1
            if set(line["headers"]) - OF_ANSWERS or "answer" in line:
                self.note(f"before routes: {status} with {','.join(line['headers'])}", line)
            return
        if method not in VERBS or not path.startswith("/"):
            self.seen["to what is no HTTP"] += 1
            if status not in {400, 404, 405}:
                self.note(f"no HTTP: {method} {status}", line)
            return
        verb = method.lower()
        route, is_known = self.contract.route(verb, path, status >= 400)
        if route is None:
            self.seen["to what is no route"] += 1
            is_refused = NO_ROUTE & set(line["codes"]) or status in {404, 405} or (status == 401 and path.startswith(("/fhir", "/access")))
            is_preflight = method == "OPTIONS" and is_known
            if not (is_refused or is_preflight):
                self.note(f"route {method} {re.sub('[0-9a-f-]{9,}', '*', path)}: {status}", line)
            return
        operation = self.contract.document["paths"][route][verb]
        place = f"{method} {route}"
        response = operation["responses"].get(str(status))
        if response is None:
            if not NO_ROUTE & set(line["codes"]):
                self.note(f"status {place}: {status} {','.join(line['codes'])}", line)
            return
        self.response(place, self.contract.resolved(response), line)
        # A request to authorize is refused by where the browser is sent.
        if "error=" in line["headers"].get("location", ""):
            return
        # A batch is granted as a whole, and tells of each entry that is not.
        if 200 <= status < 400 and not path.startswith(BY_RES_CODE) and not set(line["codes"]) - REMARKS:
            self.request(place, route, operation, line)

    def response(self, place, response, line):
        place = f"{place} {line['status']}"
        names = {name.lower() for name in response.get("headers", {})}
        for name in set(line["headers"]) - names - OF_ANSWERS:
            self.note(f"header {place}: {name}", line)
        media = line["headers"].get("content-type")
        content = response.get("content", {})
        if media is not None and media.split(";")[0] not in content:
            self.note(f"media type {place}: {media}", line)
            return
        body = line.get("answer")
        self.body("answer", place, content, media, body, line)

    def request(self, place, route, operation, line):
        whole = self.contract.document["paths"][route].get("parameters", []) + operation.get("parameters", [])
        parameters = [self.contract.resolved(part) for part in whole]
        named = {part["name"] for part in parameters if part["in"] == "query"}
        if "x-search-parameters" in operation:
            named |= self.criteria(line["path"])
        for name in line["query"]:
            # A modifier and a chain follow the parameter.
            plain = re.split(r"[:.]|%3A", name)[0]
            if plain and plain not in named and not OWN.match(plain):
                self.note(f"parameter {place}: {plain}", line)
        named = {part["name"].lower() for part in parameters if part["in"] == "header"}
        if line["method"] == "POST":
            named |= IGNORED_BY_POST
        for name in set(line["sent"]) - named - OF_REQUESTS:
            # Marks by which a test finds its own requests again.
            if not name.startswith("x-test-"):
                self.note(f"request header {place}: {name}", line)
        body = line.get("request")
        # An act that takes no body takes an empty object all the same.
        if body is None or ("requestBody" not in operation and body in ("known", {"json": {}})):
            return
        content = self.contract.resolved(operation.get("requestBody", {})).get("content", {})
        media = line["sent_media"]
        if media == "-" or media.split(";")[0].strip().lower() not in content:
            self.note(f"request media type {place}: {media}", line)
            return
        self.body("request", f"request {place}", content, media.lower(), body, line)

    def criteria(self, path):
        """The search parameters of the type that a path asks for: the last one in it; of all types behind a star."""
        types = [part for part in path.split("/") if part == "*" or part[:1].isupper()] or ["*"]
        found = set()
        for known, item in self.contract.document["paths"].items():
            search = item.get("get", {})
            if known == "/fhir/{type}":
                others = search["x-search-parameters"]
                found |= set().union(*others.values()) if types[-1] == "*" else set(others.get(types[-1], []))
            elif known == f"/fhir/{types[-1]}" or (types[-1] == "*" and re.match("^/fhir/[A-Z][A-Za-z]*$", known)):
                found |= {self.contract.resolved(part)["name"] for part in search["parameters"]}
        return found

    def body(self, kind, place, content, media, body, line):
        if body is None:
            return
        if not isinstance(body, dict):
            self.seen[f"{kind} bodies: {body}"] += 1
            return
        self.seen[f"{kind} bodies judged"] += 1
        schema = content.get(media.split(";")[0].strip(), {}).get("schema")
        if schema is None:
            self.note(f"schema {place}: {media}", line)
            return
        for fault in set(self.contract.faults(schema, body["json"])):
            self.note(f"field {place}: {fault}", line)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contract", help="openapi.yaml, or what /openapi.json answers")
    parser.add_argument("records", nargs="+", help="what HEALTHBOOK_TEST_RECORD named")
    parser.add_argument("--least", type=int, default=1, help="fewest answers that count as a run [1]")
    parser.add_argument("--verbose", action="store_true", help="with the first request of each kind")
    arguments = parser.parse_args()
    with open(arguments.contract) as file:
        document = json.load(file) if arguments.contract.endswith(".json") else yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    check = Check(Contract(document))
    for record in arguments.records:
        with open(record, errors="replace") as file:
            for line in file:
                try:
                    check.answer(json.loads(line))
                except json.JSONDecodeError:
                    check.seen["lines cut short"] += 1
    for what, count in check.unknown.most_common():
        print(count, what, f"   [{check.first[what]}]" if arguments.verbose else "")
    print("; ".join(f"{count} {what}" for what, count in sorted(check.seen.items())))
    print(f"{check.seen['answers']} answers, {len(check.unknown)} kinds of things that the contract does not name")
    return 1 if check.unknown or check.seen["answers"] < arguments.least else 0


if __name__ == "__main__":
    sys.exit(main())
