"""What schemathesis has to know of this server: how a token is got (it lives ten minutes), and where FHIR has no end."""

import copy
import json
import os
import subprocess

import schemathesis
from schemathesis.specs.openapi.negative import mutations

# An extension may have a value of fifty types, with extensions in each: nearly all the time of a run went into
# preparing what no case has room for. What is sent has extensions everywhere, with values of these types. Answers are
# judged by the document as it is.
VALUES_SENT = ["String", "Boolean", "Integer", "Code", "DateTime", "Uri", "Coding", "Reference"]
# So deep something is broken on purpose, in steps of the schema: Patient.name[0].period.start.
mutations.MAX_WALK_DEPTH = 12

SCHEMAS = "#/components/schemas/"


@schemathesis.auth(refresh_interval=240)
class Token:
    """A token of the caller, printed by the program that is tested."""

    def get(self, _case, _context):
        done = subprocess.run(json.loads(os.environ["CONFORMANCE_TOKEN"]), capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def set(self, case, token, _context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_load_schema(_context, raw_schema):
    """What is sent gets schemas of its own, with the smaller extension."""
    components = raw_schema["components"]
    schemas = components["schemas"]
    sent = {}

    def renamed(value):
        if isinstance(value, list):
            return [renamed(item) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith(SCHEMAS):
            name = reference.removeprefix(SCHEMAS)
            if name not in sent:
                sent[name] = None
                sent[name] = renamed(smaller(name, schemas[name]))
            return {**value, "$ref": f"{SCHEMAS}Sent.{name}"}
        return {name: renamed(member) for name, member in value.items()}

    components["requestBodies"] = renamed(components["requestBodies"])
    schemas.update({f"Sent.{name}": schema for name, schema in sent.items()})


def smaller(name, schema):
    if name != "Extension":
        return schema
    schema = copy.deepcopy(schema)
    kept = {f"value{kind}" for kind in VALUES_SENT}
    schema["properties"] = {
        name: member for name, member in schema["properties"].items() if not name.startswith("value") or name in kept
    }
    return schema
