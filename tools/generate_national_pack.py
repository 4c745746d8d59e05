#!/usr/bin/env python3
"""Makes the national pack, a FHIR package, from the tables and definitions in national/.

    python3 tools/generate_national_pack.py            # writes national/pack/package
    python3 tools/generate_national_pack.py --check    # fails when what is there is not what would be written

national/README.md describes the sources and their format. The same sources make the same bytes.
"""

import json
import sys

from national_pack import sources, terms
from national_pack.checks import MOST_BYTES, Checks
from national_pack.structures import Structures

# Lists that get one line for each member, so that a change can be read.
LONG = {"concept", "element", "uniqueId"}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def rendered(value, key=""):
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact(name)}:{rendered(member, name)}" for name, member in value.items()) + "}"
    if isinstance(value, list) and key in LONG:
        return "[\n" + ",\n".join(compact(member) for member in value) + "\n]"
    if isinstance(value, list):
        return "[" + ",".join(rendered(member) for member in value) + "]"
    return compact(value)


def page(resource):
    members = (f"{compact(name)}:{rendered(member, name)}" for name, member in resource.items())
    return "{" + ",\n".join(members) + "}\n"


def manifest():
    return {
        "name": sources.PACKAGE_ID,
        "version": sources.PACKAGE_VERSION,
        "canonical": sources.PACKAGE_CANONICAL,
        "title": "Facts of the Vietnamese standards as FHIR definitions",
        "description": "A re-expression in own words of what could be read of VN Core 0.6.0, with national code lists.",
        "author": "Healthbook",
        "license": "CC-BY-4.0",
        "fhirVersions": ["4.0.1"],
        "dependencies": {"hl7.fhir.r4.core": "4.0.1"},
        "keywords": ["VN"],
    }


def made():
    resources = Structures(terms.system_urls(), terms.set_urls()).all() + terms.all_terms()
    files = {f"{each['resourceType']}-{each['id']}.json": page(each) for each in resources}
    files["package.json"] = json.dumps(manifest(), indent=2, ensure_ascii=False) + "\n"
    wrong = Checks(resources).run()
    size = sum(len(text.encode()) for text in files.values())
    if size > MOST_BYTES:
        wrong.append(f"{size} bytes are too many")
    return files, wrong, size


def main():
    files, wrong, size = made()
    there = {path.name: path.read_text(encoding="utf-8") for path in sources.OUT.glob("*.json")}
    if "--check" in sys.argv[1:]:
        names = sorted(files.keys() | there.keys())
        wrong += [f"{name} is stale" for name in names if files.get(name) != there.get(name)]
    elif not wrong:
        sources.OUT.mkdir(parents=True, exist_ok=True)
        for name in there.keys() - files.keys():
            (sources.OUT / name).unlink()
        for name, text in files.items():
            (sources.OUT / name).write_text(text, encoding="utf-8", newline="\n")
    for text in wrong:
        print(text, file=sys.stderr)
    print(f"{len(files)} files, {size} bytes, {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
