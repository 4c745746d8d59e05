#!/usr/bin/env python3
"""Converts the official FHIRPath test suite for R4 into one JSON object per line.

Source: HL7 FHIRPath test cases, tests/r4/tests-fhir-r4.xml of the repository HL7/FHIRPath (HL7, CC0).

    tools/convert_fhirpath_suite.py tests-fhir-r4.xml > crates/fhirpath/tests/data/suite.ndjson
"""
import json
import sys
import xml.etree.ElementTree as ElementTree


def main(path):
    seen = {}
    for group in ElementTree.parse(path).getroot().iter("group"):
        for test in group.iter("test"):
            name = f"{group.get('name')}/{test.get('name')}"
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name = f"{name}#{seen[name]}"
            expression = test.find("expression")
            row = {
                "name": name,
                "input": test.get("inputfile", "patient-example.xml").rsplit(".", 1)[0],
                "expression": expression.text or "",
                "outputs": [[output.get("type"), output.text or ""] for output in test.findall("output")],
            }
            for key, value in (
                ("invalid", expression.get("invalid")),
                ("strict", test.get("mode") == "strict"),
                ("predicate", test.get("predicate") == "true"),
                ("unordered", test.get("ordered") == "false"),
            ):
                if value:
                    row[key] = value
            print(json.dumps(row, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main(sys.argv[1])
