"""Profiles and extensions as StructureDefinitions, from the tables in national/definitions."""

import re

from .sources import (ARTIFACT_VERSION, COPYRIGHT, R4_STRUCTURE, VN_CORE, R4, computer_name, entries, long_url)

TEXT_VI = "urn:healthbook:text-vi"
STRUCTURE = VN_CORE + "/StructureDefinition/"
MARKS = "Marks: [R] read on the page, [I] read in an example or on another page, [?] inferred."


def mark(text):
    """`R`, `I; ? url` and the like, with brackets around the marks."""
    return re.sub(r"(?<![A-Za-z0-9])([RI?])(?![A-Za-z0-9])", r"[\1]", text)


class Structures:
    """Builds the StructureDefinitions; `systems` are canonical urls of code systems by id, `sets` of value sets."""

    def __init__(self, systems, sets):
        self.r4 = R4()
        self.systems, self.sets = systems, sets
        self.profiles = {entry["id"]: entry for entry in entries("profiles", "profile")}

    def all(self):
        return [self.profile(entry) for entry in self.profiles.values()] + [
            self.extension(entry) for entry in entries("extensions", "extension")
        ]

    def head(self, entry, type_name, base, kind, source):
        return {
            "resourceType": "StructureDefinition",
            "id": entry["id"],
            "url": STRUCTURE + entry["id"],
            "version": ARTIFACT_VERSION,
            "name": computer_name(entry["id"]),
            "title": entry["title"],
            "status": "draft",
            "experimental": True,
            "publisher": "Healthbook",
            "description": entry.get("description", entry["title"] + "."),
            "purpose": f"{source}. {MARKS}",
            "copyright": COPYRIGHT,
            "fhirVersion": "4.0.1",
            "kind": kind,
            "abstract": False,
            "type": type_name,
            "baseDefinition": base,
            "derivation": "constraint",
        }

    def profile(self, entry):
        type_name = entry["type"]
        base = STRUCTURE + entry["base"] if "base" in entry else R4_STRUCTURE + type_name
        kind = "resource" if self.r4.kinds[type_name] == "resource" else "complex-type"
        resource = self.head(entry, type_name, base, kind, entry["source"])
        root = {"id": type_name, "path": type_name, "short": entry["title"]}
        if entry.get("rule"):
            root["constraint"] = [self.rule(rule) for rule in entry["rule"]]
        table = [line for line in entry["elements"].splitlines() if line.strip()]
        elements = [self.element(type_name, line) for line in table]
        resource["differential"] = {"element": [root, *self.ordered(elements)]}
        return resource

    def rule(self, rule):
        return {
            "extension": [{"url": TEXT_VI, "valueString": rule["vietnamese"]}],
            "key": rule["key"],
            "requirements": mark(rule["mark"]),
            "severity": rule["severity"],
            "human": rule["english"],
            "expression": rule["expression"],
        }

    def element(self, type_name, line):
        """One line: path | cardinality | S | rules separated by ; | mark."""
        name, cardinality, flags, rules, remark = (cell.strip() for cell in self.cells(line))
        identity = f"{type_name}.{name}"
        element = {"id": identity, "path": re.sub(r":[A-Za-z]+", "", identity)}
        last = identity.rsplit(".", 1)[-1]
        slicing = [rule for rule in rules.split(" ; ") if rule.startswith("slice ")]
        if slicing:
            kind, _, path = slicing[0].removeprefix("slice ").partition(":")
            discriminator = {"type": kind, "path": path}
            element["slicing"] = {"discriminator": [discriminator], "ordered": False, "rules": "open"}
        if ":" in last:
            element["sliceName"] = last.partition(":")[2]
        if remark:
            element["comment"] = mark(remark)
        if cardinality:
            least, most = cardinality.split("..")
            element["min"], element["max"] = int(least), most
        binding = None
        for rule in (part.strip() for part in rules.split(" ; ") if part.strip()):
            verb, _, value = rule.partition(" ")
            if verb == "is":
                url = long_url(value) if "/" in value else STRUCTURE + value
                element["type"] = [{"code": "Extension", "profile": [url]}]
            elif verb == "type":
                element["type"] = self.types(value)
            elif verb in ("fixedUri", "fixedCode"):
                element[verb] = long_url(value)
            elif verb == "coding":
                system, _, code = value.partition("#")
                coding = {"system": long_url(system, self.systems), "code": code}
                element["patternCodeableConcept"] = {"coding": [coding]}
            elif verb == "bind":
                binding = self.binding(value)
            elif verb != "slice":
                raise SystemExit(f"{identity}: {rule}?")
        if "S" in flags:
            element["mustSupport"] = True
        if binding:
            element["binding"] = binding
        return element

    @staticmethod
    def cells(line):
        cells = line.split("|")
        if len(cells) == 4:
            cells.insert(3, "")
        if len(cells) == 3:
            # path | cardinality | rule of a slicing, without flags and mark
            return cells[0], cells[1], "", cells[2], ""
        if len(cells) != 5:
            raise SystemExit(f"five cells wanted: {line}")
        return cells

    def types(self, text):
        """`Coding + code`, `Reference(vn-core-patient, Practitioner)`, `Address(vn-core-address)`."""
        types = []
        for part in text.split(" + "):
            code, _, targets = part.strip().partition("(")
            kind = {"code": code}
            if targets:
                urls = [self.target(target.strip()) for target in targets.rstrip(")").split(",")]
                kind["targetProfile" if code == "Reference" else "profile"] = urls
            types.append(kind)
        return types

    def target(self, name):
        return (R4_STRUCTURE if self.r4.is_type(name) else STRUCTURE) + name

    def binding(self, text):
        strength, name = text.split()
        return {"strength": strength, "valueSet": self.sets[name]}

    def ordered(self, elements):
        """In the order of R4, an element before its slices, slices as they are written, parents before children."""
        seen = {}
        for index, element in enumerate(elements):
            seen.setdefault(element["id"], index)

        def key(element):
            path, identity, parts = [], [], []
            for segment in element["id"].split("."):
                path.append(segment.partition(":")[0])
                identity.append(segment)
                found = self.r4.find(".".join(path))
                place = found[0][-1] if found and found[0] else -1
                parts.append((place, seen.get(".".join(identity), -1) if ":" in segment else -1))
            return parts

        return sorted(elements, key=key)

    def extension(self, entry):
        source = entry["source"]
        resource = self.head(entry, "Extension", R4_STRUCTURE + "Extension", "complex-type", source)
        resource["context"] = [{"type": "element", "expression": place} for place in entry["context"]]
        # R4 wants context before type.
        order = [*(key for key in resource if key not in ("context", "type", "baseDefinition", "derivation")),
                 "context", "type", "baseDefinition", "derivation"]
        resource = {key: resource[key] for key in order}
        elements = [{"id": "Extension", "path": "Extension", "short": entry["title"]}]
        parts = entry.get("parts")
        if parts:
            slicing = {"discriminator": [{"type": "value", "path": "url"}], "ordered": False, "rules": "open"}
            elements.append({"id": "Extension.extension", "path": "Extension.extension", "slicing": slicing})
            for part in parts:
                elements.extend(self.part(part))
        else:
            elements.append({"id": "Extension.extension", "path": "Extension.extension", "max": "0"})
        elements.append({"id": "Extension.url", "path": "Extension.url", "fixedUri": STRUCTURE + entry["id"]})
        value = {"id": "Extension.value[x]", "path": "Extension.value[x]"}
        if parts:
            value["max"] = "0"
        else:
            value |= {"min": 1, "type": self.types(entry["value"])}
            if "bind" in entry:
                value["binding"] = self.binding(entry["bind"])
        elements.append(value)
        resource["differential"] = {"element": elements}
        return resource

    def part(self, part):
        identity = f"Extension.extension:{part['name']}"
        least, most = part["card"].split("..")
        value = {"id": identity + ".value[x]", "path": "Extension.extension.value[x]", "min": 1}
        if "value" in part:
            value["type"] = self.types(part["value"])
        if "bind" in part:
            value["binding"] = self.binding(part["bind"])
        return [
            {"id": identity, "path": "Extension.extension", "sliceName": part["name"], "min": int(least), "max": most},
            {"id": identity + ".url", "path": "Extension.extension.url", "fixedUri": part["name"]},
            value,
        ]
