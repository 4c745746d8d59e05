#!/usr/bin/env python3
"""Converts the official test cases of patches to JSON: FHIRPath Patch from XML, JSON Patch as it is.

Source: HL7 FHIR test cases, r4/patch of the repository FHIR/fhir-test-cases (HL7; Apache License 2.0). The JSON Patch
cases there are those of RFC 6902, appendix A.

    tools/convert_patch_cases.py fhir-patch-tests.xml > crates/patch/tests/cases/fhirpath-patch.json
    tools/convert_patch_cases.py json-patch-tests.json > crates/patch/tests/cases/json-patch.json
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

ELEMENTS = pathlib.Path(__file__).parent.parent / "crates/fhir/definitions/r4-elements.tsv"
FHIR = "{http://hl7.org/fhir}"
XHTML = "{http://www.w3.org/1999/xhtml}"
NUMBERS = {"integer", "positiveInt", "unsignedInt", "decimal"}


def read_types():
    types = {}
    for line in ELEMENTS.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if fields[0] == "#":
            elements = {}
            types[fields[1]] = (fields[2], fields[3] if len(fields) > 3 else "", elements)
        elif not line.startswith("#"):
            name, _, most, kinds = fields[:4]
            for kind in (kind.split("(")[0].lstrip("@") for kind in kinds.split("|")):
                written = name.removesuffix("[x]") + kind[0].upper() + kind[1:] if name.endswith("[x]") else name
                elements[written] = (kind, most == "*")
    return types


TYPES = read_types()


def element(kind, name):
    while kind:
        _, base, elements = TYPES[kind]
        if name in elements:
            return elements[name]
        kind = base
    raise KeyError(name)


def primitive(kind, text):
    if kind == "boolean":
        return text == "true"
    return json.loads(text) if kind in NUMBERS else text


def members(node, kind):
    """The members of an object, from the attributes and children of an XML element."""
    made = {name: value for name, value in node.attrib.items() if name != "value"}
    for child in node:
        if child.tag.startswith(XHTML):
            ElementTree.register_namespace("", XHTML[1:-1])
            made["div"] = ElementTree.tostring(child, encoding="unicode").strip()
            continue
        name = child.tag.removeprefix(FHIR)
        child_kind, many = element(kind, name)
        if TYPES[child_kind][0] == "primitive-type":
            value = primitive(child_kind, child.get("value")) if "value" in child.attrib else None
            sibling = members(child, "Element") or None
        else:
            value, sibling = members(child, child_kind), None
        if many:
            made.setdefault(name, []).append(value)
            made.setdefault("_" + name, []).append(sibling)
        else:
            made[name], made["_" + name] = value, sibling
    return {name: value for name, value in made.items() if not is_nothing(value)}


def is_nothing(value):
    return value is None or (isinstance(value, list) and all(item is None for item in value))


def resource(parent):
    (node,) = parent
    kind = node.tag.removeprefix(FHIR)
    return {"resourceType": kind} | members(node, kind)


def fhirpath_cases(path):
    for case in ElementTree.parse(path).getroot().iter("case"):
        made = {"name": case.get("name"), "input": resource(case.find("input")), "patch": resource(case.find("diff"))}
        output, error = case.find("output"), case.find("error")
        yield made | ({"output": resource(output)} if error is None else {"error": error.get("msg")})


def json_cases(path):
    for case in json.loads(pathlib.Path(path).read_text(encoding="utf-8")):
        made = {"name": " ".join(case["comment"].split()), "input": case["doc"], "patch": case["patch"]}
        yield made | ({"error": case["error"]} if "error" in case else {"output": case["expected"]})


def main(path):
    header = {
        "source": f"HL7 FHIR test cases, r4/patch/{pathlib.Path(path).name} of FHIR/fhir-test-cases, converted by "
        "tools/convert_patch_cases.py",
        "licence": "Apache License 2.0 (HL7)",
    }
    cases = json_cases(path) if path.endswith(".json") else fhirpath_cases(path)
    print(json.dumps(header, ensure_ascii=False)[:-1] + ', "cases": [')
    print(",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases))
    print("]}")


if __name__ == "__main__":
    main(sys.argv[1])
