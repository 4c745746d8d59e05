"""What must hold in the national pack before it is written."""

import json
import re
from collections import Counter

from .sources import NATIONAL, R4, R4_STRUCTURE, aliases

MOST_BYTES = 4_000_000
# Code systems that are R4's or others' and that the pack names without holding them.
OUTSIDE_SYSTEMS = {
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://hl7.org/fhir/sid/icd-10",
    "http://hl7.org/fhir/sid/icd-9-cm",
    "http://terminology.hl7.org/CodeSystem/v2-0203",
    "http://terminology.hl7.org/CodeSystem/v2-0074",
    "http://terminology.hl7.org/CodeSystem/observation-category",
    "http://terminology.hl7.org/CodeSystem/condition-category",
}
# Extensions that R4 4.0.1 itself defines and the pack uses.
R4_EXTENSIONS = {R4_STRUCTURE + name for name in ("patient-religion", "patient-birthPlace", "patient-citizenship")}


class Checks:
    """Collects what is wrong with the resources."""

    def __init__(self, resources):
        self.resources, self.wrong, self.r4 = resources, [], R4()
        self.urls = {resource["url"] for resource in resources if "url" in resource}

    def run(self):
        self.identities()
        for resource in self.resources:
            kind = resource["resourceType"]
            if kind == "StructureDefinition":
                self.structure(resource)
            elif kind == "ValueSet":
                for part in resource["compose"]["include"]:
                    self.system(resource["id"], part["system"])
            elif kind == "CodeSystem":
                self.code_system(resource)
            elif kind == "ConceptMap":
                self.concept_map(resource)
        self.naming_systems()
        self.rules()
        self.examples()
        return self.wrong

    def demand(self, holds, text):
        if not holds:
            self.wrong.append(text)

    def identities(self):
        files = Counter((resource["resourceType"], resource["id"]) for resource in self.resources)
        canonicals = Counter((resource["url"], resource["version"]) for resource in self.resources if "url" in resource)
        for name, count in (files | canonicals).items():
            self.demand(count == 1, f"{name} stands {count} times")
        for _, identity in files:
            self.demand(re.fullmatch(r"[A-Za-z0-9.-]{1,64}", identity), f"{identity} is not an id")

    def system(self, where, url):
        self.demand(url in self.urls or url in OUTSIDE_SYSTEMS, f"{where}: no code system {url}")

    def structure_known(self, where, url):
        is_r4 = url.startswith(R4_STRUCTURE) and self.r4.is_type(url.removeprefix(R4_STRUCTURE))
        self.demand(is_r4 or url in self.urls or url in R4_EXTENSIONS, f"{where}: no structure {url}")

    def structure(self, resource):
        self.structure_known(resource["id"], resource["baseDefinition"])
        identities = Counter(element["id"] for element in resource["differential"]["element"])
        for element in resource["differential"]["element"]:
            where = f"{resource['id']} {element['id']}"
            self.demand(identities[element["id"]] == 1, f"{where}: twice")
            found = self.r4.find(element["path"])
            self.demand(found, f"{where}: R4 has no {element['path']}")
            if not found:
                continue
            _, least, most, types = found
            if "sliceName" not in element and "." in element["path"]:
                self.demand(element.get("min", least) >= least, f"{where}: below the least of R4")
            widest = "*" if most == "*" else int(most)
            wanted = element.get("max", "*" if most == "*" else most)
            self.demand(widest == "*" or (wanted != "*" and int(wanted) <= widest), f"{where}: above the most of R4")
            if "sliceName" in element:
                parent = element["id"].rpartition(":")[0]
                sliced = [other for other in resource["differential"]["element"] if other["id"] == parent]
                self.demand(sliced and "slicing" in sliced[0], f"{where}: {parent} is not sliced")
            for kind in element.get("type", []):
                allowed = [name.partition("(")[0] for name in types.split("|")]
                self.demand(kind["code"] in allowed or "Resource" in allowed, f"{where}: type {kind['code']}")
                for url in kind.get("profile", []) + kind.get("targetProfile", []):
                    self.structure_known(where, url)
            if "binding" in element:
                self.demand(element["binding"]["valueSet"] in self.urls, f"{where}: no {element['binding']['valueSet']}")
            for coding in element.get("patternCodeableConcept", {}).get("coding", []):
                self.system(where, coding["system"])
        for context in resource.get("context", []):
            self.demand(context["expression"] == "Element" or self.r4.find(context["expression"]),
                        f"{resource['id']}: context {context['expression']}")

    def code_system(self, resource):
        codes = Counter(concept["code"] for concept in resource.get("concept", []))
        for code, count in codes.items():
            self.demand(count == 1, f"{resource['id']}: code {code} {count} times")
            self.demand(re.fullmatch(r"\S+( \S+)*", code), f"{resource['id']}: {code!r} is not a code")
        self.demand((resource["content"] == "not-present") == (not codes), f"{resource['id']}: content and concepts differ")
        if resource["id"] in ("vn-ward-cs", "ward-before-2025"):
            provinces = "vn-province-cs" if resource["id"] == "vn-ward-cs" else "province-before-2025"
            known = self.codes(provinces)
            for concept in resource["concept"]:
                parents = [value["valueCode"] for value in concept["property"] if value["code"] == "province"]
                self.demand(len(parents) == 1 and parents[0] in known, f"{resource['id']}: parent of {concept['code']}")

    def codes(self, identity):
        found = [each for each in self.resources if each["id"] == identity and each["resourceType"] == "CodeSystem"]
        return {concept["code"] for concept in found[0]["concept"]}

    def concept_map(self, resource):
        by_url = {each["url"]: each["id"] for each in self.resources if each["resourceType"] == "CodeSystem"}
        for group in resource["group"]:
            sources, targets = self.codes(by_url[group["source"]]), self.codes(by_url[group["target"]])
            mapped = {element["code"] for element in group["element"]}
            self.demand(mapped == sources, f"{resource['id']}: {len(sources ^ mapped)} source codes differ")
            for element in group["element"]:
                for target in element["target"]:
                    self.demand(target["code"] in targets, f"{resource['id']}: {target['code']}")
                    # R4 invariant cmd-1.
                    self.demand(target["equivalence"] not in ("narrower", "inexact") or "comment" in target, "cmd-1")

    def naming_systems(self):
        owners = {}
        for resource in self.resources:
            if resource["resourceType"] != "NamingSystem":
                continue
            for unique in resource["uniqueId"]:
                self.demand(unique["value"] not in owners, f"{unique['value']} belongs to two naming systems")
                owners[unique["value"]] = resource["id"]
            for extension in resource.get("extension", []):
                for part in extension["extension"]:
                    if part["url"] == "pattern":
                        pattern = part["valueString"]
                        self.demand(pattern.startswith("^") and pattern.endswith("$"), f"{resource['id']}: not anchored")
                        re.compile(pattern)
        for line in aliases():
            if line["kind"] == "identifier-system":
                pair = (owners.get(line["ministry"]), owners.get(line["vn_core"]))
                self.demand(pair[0] and pair[0] == pair[1], f"alias {line['ministry']} is not a naming system's")

    def rules(self):
        keys = Counter()
        for resource in self.resources:
            for element in resource.get("differential", {}).get("element", []):
                for rule in element.get("constraint", []):
                    keys[rule["key"]] += 1
                    texts = rule["human"], rule["extension"][0]["valueString"]
                    self.demand(all(len(text) <= 200 for text in texts), f"{rule['key']}: text too long")
        for key, count in keys.items():
            self.demand(count == 1, f"rule {key} {count} times")

    def examples(self):
        folder = NATIONAL / "examples"
        profiles = {each["url"] for each in self.resources if each["resourceType"] == "StructureDefinition"}
        names, tried = Counter(), Counter()
        for file in ("bad.json", "warnings.json"):
            for case in json.loads((folder / file).read_text(encoding="utf-8")):
                names[case["name"]] += 1
                tried[case["profile"]] += file == "bad.json"
                self.demand((folder / case["base"]).is_file(), f"{case['name']}: no {case['base']}")
                self.demand(case["profile"] in profiles, f"{case['name']}: no {case['profile']}")
        for name, count in names.items():
            self.demand(count == 1, f"example {name} {count} times")
        for resource in self.resources:
            if resource["resourceType"] == "StructureDefinition" and resource["type"] != "Extension":
                self.demand(tried[resource["url"]] >= 3, f"{resource['id']}: {tried[resource['url']]} bad examples")
