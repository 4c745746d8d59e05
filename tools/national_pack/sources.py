"""Where the national pack comes from: the tables and definitions in national/, R4's elements, canonical urls."""

import csv
import pathlib
import re
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
NATIONAL = ROOT / "national"
OUT = NATIONAL / "pack" / "package"
R4_ELEMENTS = ROOT / "crates" / "fhir" / "definitions" / "r4-elements.tsv"

PACKAGE_ID = "vn.healthbook.national"
PACKAGE_VERSION = "0.1.0"
PACKAGE_CANONICAL = "urn:healthbook:national"
ARTIFACT_VERSION = "0.6.0"

VN_CORE = "http://fhir.hl7.org.vn/core"
R4_STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
COPYRIGHT = (
    "Facts of the VN Core FHIR Implementation Guide v0.6.0, Omi HealthTech / VN Core FHIR Community Initiative, "
    "https://hl7.org.vn, CC-BY-4.0, in our own words; not the guide itself."
)

# Beginnings that the definitions may use for longer urls.
SHORT = {
    "sid/": VN_CORE + "/sid/",
    "moh/": "http://fhir.ehealth.gov.vn/core/sid/",
    "hl7/": R4_STRUCTURE,
    "hl7cs/": "http://terminology.hl7.org/CodeSystem/",
}


def definitions(name):
    """The definitions of one kind, from all files that begin with the name."""
    tables = []
    for path in sorted((NATIONAL / "definitions").glob(f"{name}*.toml")):
        tables.append(tomllib.loads(path.read_text(encoding="utf-8")))
    return tables


def entries(name, key):
    return [entry for table in definitions(name) for entry in table.get(key, [])]


def rows(file):
    with open(NATIONAL / "code-lists" / file, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def aliases():
    with open(NATIONAL / "aliases.csv", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def long_url(text, systems=()):
    """A full url of a short one. `cs/ID` is the code system of that id, wherever its canonical is."""
    if text == "loinc":
        return "http://loinc.org"
    if text.startswith("cs/"):
        return systems[text.removeprefix("cs/")]
    for short, full in SHORT.items():
        if text.startswith(short):
            return full + text.removeprefix(short)
    return text


def computer_name(identifier):
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[-.]", identifier))


class R4:
    """The elements of R4, in their order."""

    def __init__(self):
        self.kinds, self.bases, self.children = {}, {}, {}
        group = None
        for line in R4_ELEMENTS.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                continue
            fields = line.split("\t")
            if fields[0] == "#":
                group, kind, base = fields[1:4]
                self.kinds[group], self.bases[group], self.children[group] = kind, base, []
            else:
                self.children[group].append(fields[:4])

    def elements(self, group):
        """Own and inherited elements of a type or backbone element, in order."""
        base = self.bases.get(group)
        inherited = self.elements(base) if base else []
        return inherited + self.children.get(group, [])

    def find(self, path):
        """Position, least, most and types of an element by its path, or None."""
        first, *rest = path.split(".")
        if first not in self.kinds:
            return None
        group, position, found = first, [], (0, "*", first)
        for name in rest:
            names = [element[0] for element in self.elements(group)]
            if name not in names:
                return None
            index = names.index(name)
            _, least, most, types = self.elements(group)[index]
            position.append(index)
            found = (int(least), most, types)
            group = types.removeprefix("@").split("(")[0]
        return position, *found

    def is_type(self, name):
        return name in self.kinds and "." not in name
