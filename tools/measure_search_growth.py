#!/usr/bin/env python3
"""Measures how long the common shapes of searches take, and compares sizes of a data set.

    python3 tools/measure_search_growth.py measure --base-url http://127.0.0.1:8080/fhir --label 1x --out 1x.json
    python3 tools/measure_search_growth.py measure --base-url URL --server-pid 4711 --pid PGMASTER --out 8x.json
    python3 tools/measure_search_growth.py compare 1x.json 8x.json 64x.json

`measure` first reads some hundred patients, spread over the time in which they were stored, and for some of them
what belongs to them. From these it takes the values that it asks for, so it works with any server and any data.
Every shape is asked with at least 15 values, each several times, on one connection, under
`Prefer: handling=strict`: a parameter that the server does not know makes the shape `refused`, not fast. The time
is from sending the request to the last byte of the answer, first askings included. `first` is the median of the
first asking of each value alone, `quiet` the median of the round that was least disturbed by others on the machine.

With --server-pid (and --pid, the first process of PostgreSQL) it also reports CPU time per request of these
processes and all below them, from /proc.

`compare` prints medians, growth from the first file to the last, and what breaks a bar: median growth (--growth,
1.5), slowest answer at p99 (--limit, 100 ms), a count of up to about 29,000 matches (5 ms), an accurate total of about
a million or less (50 ms). A growth that the quiet medians do not show is marked (measure again before
believing it), and so is one where the answers became longer: pages that were not full at the smallest size.
Exit status 1 when a bar is broken or a shape was refused.
Needs Python 3.9 or later, nothing else.
"""

import argparse
import datetime
import http.client
import json
import os
import pathlib
import random
import statistics
import sys
import time
import urllib.parse

LEAST_VALUES = 15
COUNT_BAR = (29_500, 5.0)
TOTAL_BAR = (1_100_000, 50.0)


class Client:
    """One connection that is kept."""

    def __init__(self, base_url):
        url = urllib.parse.urlsplit(base_url.rstrip("/"))
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        self.connection = kind(url.netloc, timeout=120)
        self.path = url.path
        self.headers = {"Accept": "application/fhir+json", "Prefer": "handling=strict"}

    def get(self, path):
        """Status and body of an answer."""
        self.connection.request("GET", f"{self.path}/{path}", headers=self.headers)
        response = self.connection.getresponse()
        return response.status, response.read()

    def resources(self, path):
        """The matches of a search; none when it is refused."""
        status, body = self.get(path)
        if status != 200:
            return []
        entries = json.loads(body).get("entry", [])
        return [entry["resource"] for entry in entries if entry.get("search", {}).get("mode", "match") == "match"]


def query(kind, *pairs):
    """A search, percent-encoded."""
    return kind + "?" + urllib.parse.urlencode(pairs, safe=":,/$", quote_via=urllib.parse.quote)


# --- values -----------------------------------------------------------------------------------------------------


def instant(text):
    """A moment of FHIR."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def spread_patients(client, wanted):
    """Patients from all over the data set: some stored just before each of many moments."""
    ends = [client.resources(query("Patient", ("_sort", f"{sign}_lastUpdated"), ("_count", 1))) for sign in ("", "-")]
    if not all(ends):
        sys.exit("the server has no Patient, or does not sort by _lastUpdated")
    first, last = (instant(found[0]["meta"]["lastUpdated"]) for found in ends)
    patients, parts = {}, 64
    # Where the data came with pauses, many moments lead to the same patients: then look at more moments.
    while len(patients) < wanted and parts <= 1024:
        for part in range(1, parts + 1):
            moment = first + (last - first) * part / parts + datetime.timedelta(milliseconds=1)
            text = moment.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            search = query("Patient", ("_lastUpdated", f"lt{text}"), ("_sort", "-_lastUpdated"), ("_count", 5))
            patients.update((found["id"], found) for found in client.resources(search))
        parts *= 4
    return list(patients.values())


def coding(concept):
    """`system|code` of a CodeableConcept, or None."""
    for found in (concept or {}).get("coding", []):
        if found.get("code"):
            return f"{found.get('system', '')}|{found['code']}"
    return None


def day(resource, *names):
    """The day of the first of the elements that is there."""
    for name in names:
        value = resource.get(name)
        value = value.get("start") if isinstance(value, dict) else value
        if value:
            return value[:10]
    return None


def first_of(values):
    """The first value that says something, or None."""
    return next((value for value in values if value), None)


def identifier(patient):
    """`system|value` of an identifier, or None."""
    found = (f"{one['system']}|{one['value']}" for one in patient.get("identifier", []) if one.get("system"))
    return next(found, None)


def about_patient(patient):
    """What can be asked about a patient."""
    name = first_of(patient.get("name", [])) or {}
    phones = (one.get("value") for one in patient.get("telecom", []) if one.get("system") == "phone")
    return {
        "id": patient["id"],
        "family": name.get("family"),
        "given": first_of(name.get("given", [])),
        "prefix": (name.get("family") or "")[:3] or None,
        "birthdate": patient.get("birthDate"),
        "identifier": identifier(patient),
        "phone": first_of(phones),
        "city": first_of(address.get("city") for address in patient.get("address", [])),
        "gender": patient.get("gender"),
        "updated": patient.get("meta", {}).get("lastUpdated"),
    }


def about_observations(found, choice):
    """Values of one observation, and of one with a quantity."""
    out = {}
    if found:
        one = choice.choice(found)
        out["observation_code"] = coding(one.get("code"))
        out["observation_day"] = day(one, "effectiveDateTime", "effectivePeriod")
        out["category"] = coding(first_of(one.get("category", [])))
    measured = [one for one in found if one.get("valueQuantity", {}).get("code")]
    if measured:
        one = choice.choice(measured)
        quantity = one["valueQuantity"]
        out["measured_code"] = coding(one.get("code"))
        out["quantity"] = f"{quantity['value']}|{quantity.get('system', '')}|{quantity['code']}"
    return out


def about_one(found, choice, values):
    """Values of one of the resources."""
    return values(choice.choice(found)) if found else {}


def related(client, patient, choice):
    """What can be asked about what belongs to a patient."""

    def of(kind, *pairs):
        return client.resources(query(kind, ("patient", patient), *pairs))

    out = about_observations(of("Observation", ("_count", 200)), choice)
    out.update(about_one(of("Condition"), choice, lambda one: {
        "condition_code": coding(one.get("code")),
        "clinical": coding(one.get("clinicalStatus")),
    }))
    out.update(about_one(of("Encounter"), choice, lambda one: {
        "encounter_day": day(one, "period"),
        "class": one.get("class", {}).get("code"),
        "provider": one.get("serviceProvider", {}).get("reference"),
    }))
    out.update(about_one(of("MedicationRequest"), choice, lambda one: {"medication_status": one.get("status")}))
    out.update(about_one(of("Immunization"), choice, lambda one: {"immunization_day": day(one, "occurrenceDateTime")}))
    out.update(about_one(of("DiagnosticReport"), choice, lambda one: {
        "report_category": coding(first_of(one.get("category", []))),
    }))
    return out


def sample(client, number, seed):
    """Facts about so many patients, chosen from some hundred; the order of choice is the same for the same data."""
    choice = random.Random(seed)
    patients = spread_patients(client, max(300, number))
    chosen = choice.sample(sorted(patients, key=lambda one: one["id"]), min(number, len(patients)))
    return [{**about_patient(one), **related(client, one["id"], choice)} for one in chosen], len(patients)


# --- shapes -----------------------------------------------------------------------------------------------------

# Name, kind of resource, parameters: texts with the names of facts in braces. A shape is left out for a patient of
# whom such a fact is not known.
SEARCHES = (
    ("patient-name", "Patient", ("name", "{family}")),
    ("patient-name-prefix", "Patient", ("name", "{prefix}")),
    ("patient-family-given", "Patient", ("family", "{family}"), ("given", "{given}")),
    ("patient-birthdate", "Patient", ("birthdate", "{birthdate}")),
    ("patient-identifier", "Patient", ("identifier", "{identifier}")),
    ("patient-family-birthdate", "Patient", ("family", "{family}"), ("birthdate", "{birthdate}")),
    ("patient-id", "Patient", ("_id", "{id}")),
    ("patient-phone", "Patient", ("phone", "{phone}")),
    ("patient-city", "Patient", ("address-city", "{city}")),
    ("patient-gender-sorted", "Patient", ("gender", "{gender}"), ("_sort", "family"), ("_count", "20")),
    ("observation-patient", "Observation", ("patient", "{id}")),
    ("observation-patient-code", "Observation", ("patient", "{id}"), ("code", "{observation_code}")),
    ("observation-patient-code-newest", "Observation", ("patient", "{id}"), ("code", "{observation_code}"),
     ("_sort", "-date"), ("_count", "10")),
    ("observation-patient-category-date", "Observation", ("patient", "{id}"), ("category", "{category}"),
     ("date", "ge{observation_day}")),
    ("observation-code-date", "Observation", ("code", "{observation_code}"), ("date", "{observation_day}")),
    ("observation-code-value", "Observation", ("code-value-quantity", "{measured_code}${quantity}")),
    ("observation-code-quantity", "Observation", ("code", "{measured_code}"), ("value-quantity", "{quantity}")),
    ("condition-patient", "Condition", ("patient", "{id}")),
    ("condition-code", "Condition", ("code", "{condition_code}")),
    ("condition-patient-clinical", "Condition", ("patient", "{id}"), ("clinical-status", "{clinical}")),
    ("encounter-patient-date", "Encounter", ("patient", "{id}"), ("date", "ge{encounter_day}")),
    ("encounter-class-newest", "Encounter", ("class", "{class}"), ("date", "le{encounter_day}"), ("_sort", "-date"),
     ("_count", "20")),
    ("encounter-provider", "Encounter", ("service-provider", "{provider}")),
    ("medication-patient-status", "MedicationRequest", ("patient", "{id}"), ("status", "{medication_status}")),
    ("immunization-patient-date", "Immunization", ("patient", "{id}"), ("date", "ge{immunization_day}")),
    ("report-patient-category", "DiagnosticReport", ("patient", "{id}"), ("category", "{report_category}")),
    ("procedure-patient", "Procedure", ("patient", "{id}")),
    ("patient-has-observation", "Patient", ("_has:Observation:patient:code", "{observation_code}")),
    ("observation-subject-chain", "Observation", ("subject:Patient.identifier", "{identifier}")),
    ("patient-revinclude", "Patient", ("_id", "{id}"), ("_revinclude", "Encounter:patient"),
     ("_revinclude", "Observation:patient")),
    ("observation-include", "Observation", ("patient", "{id}"), ("code", "{observation_code}"),
     ("_include", "Observation:encounter")),
    ("patient-everything", "Patient/{id}/$everything"),
    ("updated-newest", "Observation", ("_lastUpdated", "le{updated}"), ("_sort", "-_lastUpdated"), ("_count", "20")),
)
# Bars of their own: these read all matches, so their time may grow with the number of matches.
COUNTS = (
    ("count-code", "Observation", ("code", "{observation_code}"), ("_summary", "count")),
    ("count-category", "Observation", ("category", "{category}"), ("_summary", "count")),
    ("count-class", "Encounter", ("class", "{class}"), ("_summary", "count")),
)
TOTALS = (
    ("total-all", "Observation", ("_total", "accurate"), ("_count", "1")),
    ("total-category", "Observation", ("category", "{category}"), ("_total", "accurate"), ("_count", "1")),
)
# No bar: a plain read, which tells how quiet the machine was.
REFERENCES = (("reference-read", "Patient/{id}"),)
SHAPES = {shape[0]: ("reference", shape) for shape in REFERENCES}
SHAPES.update({shape[0]: ("search", shape) for shape in SEARCHES})
SHAPES.update({shape[0]: ("count", shape) for shape in COUNTS})
SHAPES.update({shape[0]: ("total", shape) for shape in TOTALS})


def path_for(shape, facts):
    """The search of a shape with the values of a patient; None when one is not known."""
    _, kind, *pairs = shape
    known = {name: value for name, value in facts.items() if value}
    try:
        if not pairs:
            return kind.format(**known)
        return query(kind, *((name, value.format(**known)) for name, value in pairs))
    except KeyError:
        return None


# --- measuring --------------------------------------------------------------------------------------------------


class Processes:
    """CPU time and memory of processes and all below them."""

    def __init__(self, roots):
        self.roots = [root for root in roots if root]

    def cpu(self):
        """Seconds so far, children that ended included; None without processes."""
        if not self.roots:
            return None
        parents, used = {}, {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    fields = pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                parents[int(entry)] = int(fields[1])
                used[int(entry)] = sum(map(int, fields[11:15]))
        ticks = sum(time for process, time in used.items() if self.is_below(process, parents))
        return ticks / os.sysconf("SC_CLK_TCK")

    def is_below(self, process, parents):
        """Whether a process is one of ours."""
        while process:
            if process in self.roots:
                return True
            process = parents.get(process)
        return False

    def memory(self):
        """Bytes of the first process: its own, and with the files that it maps; None without processes."""
        try:
            lines = pathlib.Path("/proc", str(self.roots[0]), "status").read_text().splitlines()
        except (OSError, IndexError):
            return None
        fields = dict(line.split(":", 1) for line in lines)
        return {name: int(fields[key].split()[0]) << 10 for name, key in (("own", "RssAnon"), ("all", "VmRSS"))}


def percentile(values, part):
    """The value below which that part of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]


def refusal(status, body):
    """What an answer says that was not 200."""
    try:
        issue = json.loads(body)["issue"][0]
        text = issue.get("diagnostics") or issue.get("details", {}).get("text") or issue.get("code")
    except (ValueError, LookupError, TypeError, AttributeError):
        text = body[:200].decode("utf-8", "replace")
    return f"{status}: {text}"


def measure_shape(client, processes, shape, facts, repetitions, seconds, choice):
    """Times of a shape."""
    # Values that meet in several patients stay several: what is common is asked often.
    paths = [path for path in (path_for(shape, one) for one in facts) if path]
    if not paths:
        return {"state": "no values"}
    if len(paths) < LEAST_VALUES:
        paths = [paths[at % len(paths)] for at in range(LEAST_VALUES)]
    status, body = client.get(paths[0])
    if status != 200:
        return {"state": "refused", "why": refusal(status, body), "path": paths[0]}
    by_path, known = {}, {}
    firsts, times, sizes, matches, failed = {}, [], [], [], []
    began, before = time.perf_counter(), processes.cpu()
    slowest, rounds = (0.0, ""), []
    for turn in range(repetitions):
        done = len(times)
        for path in choice.sample(paths, len(paths)):
            if len(times) >= LEAST_VALUES and time.perf_counter() - began > seconds:
                break
            start = time.perf_counter()
            status, body = client.get(path)
            spent = (time.perf_counter() - start) * 1e3
            times.append(spent)
            by_path.setdefault(path, []).append(spent)
            slowest = max(slowest, (spent, path))
            if status != 200:
                failed.append(f"{path}: {refusal(status, body)}")
            elif turn == 0:
                answer = json.loads(body)
                firsts.setdefault(path, spent)
                sizes.append(len(body))
                matches.append(len(answer.get("entry", [])))
                known[path] = answer.get("total")
        if len(times) - done >= LEAST_VALUES or not rounds:
            rounds.append(statistics.median(times[done:]))
        if time.perf_counter() - began > seconds:
            break
    after = processes.cpu()
    counted = {path: total for path, total in known.items() if total is not None}
    by_total = [(total, round(statistics.median(by_path[path]), 3)) for path, total in counted.items()]
    return {
        "state": "failed" if failed else "measured",
        "failed": failed[:5],
        "values": len(set(paths)),
        "requests": len(times),
        "median_ms": round(statistics.median(times), 3),
        "quiet_ms": round(min(rounds), 3),
        "p99_ms": round(percentile(times, 99), 3),
        "max_ms": round(slowest[0], 3),
        "slowest": slowest[1],
        "first_ms": round(statistics.median(firsts.values()), 3) if firsts else None,
        "bytes": int(statistics.median(sizes)) if sizes else None,
        "entries": int(statistics.median(matches)) if matches else None,
        "largest_total": max((total for total, _ in by_total), default=None),
        # The median of each value, and how many matches it has.
        "by_total": sorted(by_total),
        "cpu_ms": None if before is None else round((after - before) * 1e3 / len(times), 3),
    }


def measure(arguments):
    """Measures all shapes and writes the report."""
    client = Client(arguments.base_url)
    processes = Processes([arguments.server_pid, *arguments.pid])
    began = time.perf_counter()
    facts, seen = sample(client, max(arguments.sample, LEAST_VALUES), arguments.seed)
    note = f"{seen} patients read, {len(facts)} chosen, {time.perf_counter() - began:.1f} s"
    print(f"{arguments.label or arguments.base_url}: {note}", flush=True)
    counts = {}
    for kind in ("Patient", "Encounter", "Observation"):
        status, body = client.get(f"{kind}?_summary=count")
        counts[kind] = json.loads(body).get("total") if status == 200 else None
    names = [name for name in SHAPES if not arguments.only or any(part in name for part in arguments.only)]
    choice = random.Random(arguments.seed)
    for name in names:  # warms up: every shape, a few values
        for one in facts[:3]:
            path = path_for(SHAPES[name][1], one)
            if path:
                client.get(path)
    shapes = {}
    print(HEADER)
    for name in names:
        group, shape = SHAPES[name]
        result = measure_shape(
            client, processes, shape, facts, arguments.repetitions, arguments.shape_seconds, choice
        )
        shapes[name] = {"group": group, **result}
        print(row(name, shapes[name]), flush=True)
    report = {
        "label": arguments.label,
        "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "resources": counts,
        "patients_read": seen,
        "sample": len(facts),
        "memory_bytes": processes.memory(),
        "shapes": shapes,
    }
    print(f"resources: {counts}")
    if report["memory_bytes"]:
        own, everything = (report["memory_bytes"][name] / 1e6 for name in ("own", "all"))
        print(f"memory of the server: {own:.0f} MB, {everything:.0f} MB with the files that it maps")
    if arguments.out:
        unfinished = arguments.out.with_suffix(".part")
        unfinished.write_text(json.dumps(report, indent=1) + "\n")
        os.replace(unfinished, arguments.out)
    return 0


HEADER = (
    f"{'shape':<34} {'median':>8} {'p99':>8} {'max':>8} {'first':>8} {'cpu':>7} {'bytes':>9} {'entries':>7}"
    f" {'total':>9}"
)


def row(name, result):
    """A line of the table."""
    if "median_ms" not in result:
        return f"{name:<34} {result['state']}{': ' + result['why'][:140] if 'why' in result else ''}"
    numbers = [result[key] for key in ("median_ms", "p99_ms", "max_ms", "first_ms")]
    text = " ".join("       -" if one is None else f"{one:8.2f}" for one in numbers)
    cpu = "-" if result["cpu_ms"] is None else f"{result['cpu_ms']:.2f}"
    total = "" if result["largest_total"] is None else f"{result['largest_total']:,}"
    text = f"{name:<34} {text} {cpu:>7} {result['bytes'] or 0:>9,} {result['entries'] or 0:>7,} {total:>9}"
    return f"{text} FAILED {result['failed'][0][:100]}" if result["failed"] else text


# --- comparing --------------------------------------------------------------------------------------------------


def grown(measured, key):
    """Growth from the first to the last; None when there is only one."""
    return measured[-1][key] / max(measured[0][key], 0.001) if len(measured) > 1 else None


def bars(name, results, growth_bar, limit):
    """What a shape breaks."""
    broken = [f"{result['state']}: {result['why']}" for result in results if result.get("why")][:1]
    broken += [f"failed: {result['failed'][0]}" for result in results if result.get("failed")][:1]
    measured = [result for result in results if "median_ms" in result]
    group = SHAPES[name][0] if name in SHAPES else results[-1].get("group", "search")
    if group == "reference":
        return broken
    if group == "search":
        growth, quiet = grown(measured, "median_ms"), grown(measured, "quiet_ms")
        if growth and growth > growth_bar:
            larger = (measured[-1]["bytes"] or 0) / max(measured[0]["bytes"] or 0, 1)
            doubt = "" if quiet > growth_bar else f" (but quiet {quiet:.2f}x)"
            doubt += f" (answers are {larger:.1f}x as long)" if larger > 1.25 else ""
            broken.append(f"grows {growth:.2f}x > {growth_bar}x{doubt}")
        broken += [f"p99 {one['p99_ms']:.0f} ms > {limit:.0f} ms" for one in measured if one["p99_ms"] > limit][-1:]
        return broken
    most, milliseconds = COUNT_BAR if group == "count" else TOTAL_BAR
    judged = [(spent, total) for one in measured for total, spent in one["by_total"] if total <= most]
    spent, total = max(judged, default=(0, 0))
    if spent > milliseconds:
        broken.append(f"{spent:.1f} ms > {milliseconds:.0f} ms for {total:,} matches")
    return broken


def compare(arguments):
    """Prints the files side by side."""
    reports = [json.loads(path.read_text()) for path in arguments.files]
    labels = [report.get("label") or path.stem for report, path in zip(reports, arguments.files)]
    names = list(dict.fromkeys(name for report in reports for name in report["shapes"]))
    heads = " ".join(f"{label[:12]:>12}" for label in labels)
    print("median in ms; p99 of the last; growth of median, quiet median and bytes from first to last")
    print(f"{'shape':<34} {heads} {'p99':>9} {'growth':>7} {'quiet':>7} {'bytes':>7}  bars broken")
    worst = 0
    for name in names:
        results = [report["shapes"].get(name) or {"state": "absent"} for report in reports]
        cells = [f"{one['median_ms']:.2f}" if "median_ms" in one else one["state"] for one in results]
        measured = [one for one in results if "median_ms" in one]
        growth, quiet, size, p99 = "-", "-", "-", "-"
        if measured:
            p99 = f"{measured[-1]['p99_ms']:.2f}"
        if len(measured) > 1:
            growth, quiet = f"{grown(measured, 'median_ms'):.2f}x", f"{grown(measured, 'quiet_ms'):.2f}x"
            size = f"{(measured[-1]['bytes'] or 0) / max(measured[0]['bytes'] or 0, 1):.2f}x"
        broken = bars(name, results, arguments.growth, arguments.limit)
        worst += bool(broken)
        text = " ".join(f"{cell[:12]:>12}" for cell in cells)
        verdict = "BROKEN " + "; ".join(broken) if broken else "ok"
        print(f"{name:<34} {text} {p99:>9} {growth:>7} {quiet:>7} {size:>7}  {verdict}")
    print(f"{len(names) - worst} of {len(names)} shapes keep all bars")
    return 1 if worst else 0


def main():
    """Reads the arguments; without the name of a mode they are those of `measure`."""
    words = sys.argv[1:]
    if words and words[0] not in ("measure", "compare", "-h", "--help"):
        words.insert(0, "measure")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    one = modes.add_parser("measure", help="measure one server")
    one.add_argument("--base-url", required=True, help="for example http://127.0.0.1:8080/fhir")
    one.add_argument("--server-pid", type=int, help="process of the server")
    one.add_argument("--pid", type=int, action="append", default=[], help="further process, for example of PostgreSQL")
    one.add_argument("--sample", type=int, default=60, metavar="N", help="patients to take values from (default 60)")
    one.add_argument("--repetitions", type=int, default=5, help="times that each value is asked for (default 5)")
    one.add_argument("--shape-seconds", type=float, default=20, metavar="S",
                     help="no more requests after so long, but 15 (default 20)")
    one.add_argument("--only", action="append", default=[], metavar="PART", help="only shapes whose name holds this")
    one.add_argument("--seed", type=int, default=412, help="seed of the choice of values (default 412)")
    one.add_argument("--label", default="", help="name of the column in comparisons")
    one.add_argument("--out", type=pathlib.Path, help="file for the report (JSON)")
    several = modes.add_parser("compare", help="compare reports, the smallest data set first")
    several.add_argument("files", nargs="+", type=pathlib.Path)
    several.add_argument("--growth", type=float, default=1.5, help="most growth of a median (default 1.5)")
    several.add_argument("--limit", type=float, default=100, help="most ms of a p99 (default 100)")
    arguments = parser.parse_args(words)
    sys.exit(measure(arguments) if arguments.mode == "measure" else compare(arguments))


if __name__ == "__main__":
    main()
