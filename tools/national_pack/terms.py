"""Code systems, value sets, concept maps and naming systems, from the tables in national/."""

from collections import Counter

from .sources import (ARTIFACT_VERSION, COPYRIGHT, VN_CORE, computer_name, entries, long_url, rows)

PERIOD = "http://hl7.org/fhir/StructureDefinition/artifact-effectivePeriod"
FORMAT = "urn:healthbook:identifier-format"


def system_url(entry):
    if entry.get("own"):
        return f"urn:healthbook:code-system:{entry['id']}"
    return entry.get("url", f"{VN_CORE}/CodeSystem/{entry.get('name', entry['id'])}")


def set_id(entry):
    """The id of the value set of all codes of a system, or None when there is none."""
    if "supplements" in entry or "name" in entry:
        return None
    identity = entry["id"]
    return identity.removesuffix("-cs") + "-vs" if identity.endswith("-cs") else identity


def set_url(identity):
    own = not identity.startswith("vn-") or identity == "vn-core-occupation-4069"
    return f"urn:healthbook:value-set:{identity}" if own else f"{VN_CORE}/ValueSet/{identity}"


def system_urls():
    """Canonical urls of the code systems by id; editions of one system by their common name."""
    return {entry.get("name", entry["id"]): system_url(entry) for entry in entries("code-systems", "code_system")}


def set_urls():
    found = [set_id(entry) for entry in entries("code-systems", "code_system")]
    found += [entry["id"] for entry in entries("value-sets", "value_set")]
    return {identity: set_url(identity) for identity in found if identity}


def head(kind, identity, url, title, source, version=ARTIFACT_VERSION):
    return {
        "resourceType": kind,
        "id": identity,
        "url": url,
        "version": version,
        "name": computer_name(identity),
        "title": title,
        "status": "draft",
        "experimental": True,
        "publisher": "Healthbook",
        "purpose": source + ".",
    }


def table(entry):
    """The rows of a code system, each code once."""
    if "file" not in entry:
        return []
    wanted = entry.get("rows", {})
    found = {}
    for row in rows(entry["file"]):
        if all(row[column] == value for column, value in wanted.items()):
            found.setdefault(row["code"], row)
    return list(found.values())


def code_system(entry):
    resource = head("CodeSystem", entry["id"], system_url(entry), entry["title"], entry["source"],
                    entry.get("version", ARTIFACT_VERSION))
    lines = table(entry)
    properties = [text.partition("=")[::2] for text in entry.get("properties", [])]
    is_vietnamese = not lines or "vietnamese" in lines[0]
    resource = {"resourceType": "CodeSystem", "id": resource["id"], "language": "vi" if is_vietnamese else "en"} | resource
    if "from" in entry or "until" in entry:
        period = {key: entry[name] for key, name in (("start", "from"), ("end", "until")) if name in entry}
        resource["extension"] = [{"url": PERIOD, "valuePeriod": period}]
    if "copyright" in entry:
        resource["copyright"] = entry["copyright"]
    elif not entry.get("own") and "url" not in entry:
        resource["copyright"] = COPYRIGHT
    resource["caseSensitive"] = True
    if set_id(entry):
        resource["valueSet"] = set_url(set_id(entry))
    resource["content"] = entry["content"]
    if "supplements" in entry:
        resource["supplements"] = entry["supplements"]
    if lines:
        resource["count"] = len(lines)
    if properties:
        resource["property"] = [property_of(name, column) for name, column in properties]
    if lines:
        resource["concept"] = [concept(entry, line, properties) for line in lines]
    return resource


def property_of(name, column):
    """The province of a commune is in another system, so it is not FHIR's property `parent`, which makes a hierarchy."""
    described = {"description": f"the code of the {column}, in the system of the {column}"} if column else {}
    return {"code": name} | described | {"type": "code"}


def concept(entry, line, properties):
    found = {"code": line["code"]}
    if "supplements" in entry:
        return found | {"designation": [{"language": "vi", "value": line["vietnamese"]}]}
    found["display"] = line["vietnamese"] if "vietnamese" in line else line["english"]
    designations = []
    if "vietnamese" in line and line.get("english"):
        designations.append({"language": "en", "value": line["english"]})
    for name in (line.get(entry.get("alternatives", "")) or "").split(", "):
        if name:
            designations.append({"language": "vi", "value": name})
    if designations:
        found["designation"] = designations
    values = [{"code": name, "valueCode": line[column or name]} for name, column in properties if line[column or name]]
    if values:
        found["property"] = values
    return found


def value_sets():
    systems = system_urls()
    made = {entry["id"]: entry for entry in entries("value-sets", "value_set")}
    for entry in entries("code-systems", "code_system"):
        identity = set_id(entry)
        if identity and identity not in made:
            made[identity] = {
                "id": identity,
                "title": entry["title"],
                "source": f"All codes of {system_url(entry)}",
                "include": [{"system": system_url(entry)}],
            }
    return [value_set(entry, systems) for entry in made.values()]


def value_set(entry, systems):
    resource = head("ValueSet", entry["id"], set_url(entry["id"]), entry["title"], entry["source"])
    include = []
    for part in entry["include"]:
        line = {"system": long_url(part["system"], systems)}
        if "codes" in part:
            line["concept"] = [{"code": code} for code in part["codes"]]
        if "isa" in part:
            line["filter"] = [{"property": "concept", "op": "is-a", "value": part["isa"]}]
        include.append(line)
    resource["compose"] = {"include": include}
    return resource


def concept_maps():
    systems = system_urls()
    by_id = {entry["id"]: entry for entry in entries("code-systems", "code_system")}
    made = []
    for entry in entries("value-sets", "concept_map"):
        source, target = by_id[entry["from"]], by_id[entry["to"]]
        identity = f"urn:healthbook:concept-map:{entry['id']}"
        remark = ("One target: equivalent when the new unit is the old one alone, wider when it holds more. Several "
                  "targets: the old unit was divided; all are inexact, and the likeliest comes first with the "
                  "comment likeliest")
        resource = head("ConceptMap", entry["id"], identity, entry["title"], remark)
        resource["copyright"] = entry["copyright"]
        resource["sourceUri"] = set_url(set_id(source))
        resource["targetUri"] = set_url(set_id(target))
        elements = map_elements(rows(entry["file"]))
        resource["group"] = [{"source": systems[entry["from"]], "target": systems[entry["to"]], "element": elements}]
        made.append(resource)
    return made


def map_elements(lines):
    parts = Counter(line["new_code"] for line in lines)
    targets = {}
    for line in lines:
        targets.setdefault(line["code"], []).append(line)
    elements = []
    for code, found in targets.items():
        if len(found) == 1 and found[0].get("divided", "0") == "0":
            new = found[0]["new_code"]
            made = [{"code": new, "equivalence": "equivalent" if parts[new] == 1 else "wider"}]
        else:
            found = sorted(found, key=lambda line: (line["likeliest"] != "1", line["new_code"]))
            made = [
                {"code": line["new_code"], "equivalence": "inexact",
                 "comment": "likeliest" if line["likeliest"] == "1" else "part"}
                for line in found
            ]
        elements.append({"code": code, "target": made})
    return elements


def naming_system(entry):
    resource = {
        "resourceType": "NamingSystem",
        "id": entry["id"],
    }
    formats = [
        {
            "url": FORMAT,
            "extension": [
                {"url": "rule", "valueCode": entry["rule"]},
                {"url": "pattern", "valueString": pattern},
                {"url": "english", "valueString": entry["english"]},
                {"url": "vietnamese", "valueString": entry["vietnamese"]},
            ],
        }
        for pattern in entry.get("patterns", [])
    ]
    if formats:
        resource["extension"] = formats
    resource |= {
        "name": computer_name(entry["id"]),
        "status": entry.get("status", "draft"),
        "kind": "identifier",
        # R4 demands a date; this is the day of the guide's release, so that the bytes do not change.
        "date": "2026-06-20",
        "publisher": "Healthbook",
        "description": f"{entry['title']}. {entry['source']}.",
        "uniqueId": [
            {"type": "uri", "value": long_url(uri), "preferred": index == 0} for index, uri in enumerate(entry["uris"])
        ],
    }
    return resource


def all_terms():
    return (
        [code_system(entry) for entry in entries("code-systems", "code_system")]
        + value_sets()
        + concept_maps()
        + [naming_system(entry) for entry in entries("identifiers", "naming_system")]
    )
