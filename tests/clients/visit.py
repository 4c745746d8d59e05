"""A clinic opens a book with the code that the citizen shows, finds the person, reads, writes a visit, and sends it again
until there is an answer. Needs fhirpy.

    BASE=http://127.0.0.1:8080 TOKEN=... CODE=... NUMBER=... python visit.py
"""

import os
import sys
import time
import uuid
from datetime import datetime, timezone

import requests
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import BaseFHIRError

base, authorization = os.environ["BASE"], f"Bearer {os.environ['TOKEN']}"
visit = os.environ.get("VISIT", str(uuid.uuid4()))
client = SyncFHIRClient(f"{base}/fhir", authorization=authorization)

# Open the book: once for each code.
opened = requests.post(
    f"{base}/access/relations",
    json={"kind": "presence", "code": os.environ["CODE"]},
    headers={"Authorization": authorization},
    timeout=30,
)
opened.raise_for_status()

# Find the person.
patient = client.resources("Patient").search(identifier=os.environ["NUMBER"]).get()
subject = {"reference": f"Patient/{patient.id}"}

# Read the latest observations.
for observation in client.resources("Observation").search(patient=patient.id).sort("-date").limit(5).fetch_raw().entry or []:
    print(observation.resource.get("effectiveDateTime"), observation.resource["code"])

# Write a visit: both resources or neither.
now = datetime.now(timezone.utc).isoformat(timespec="seconds")
encounter = "urn:uuid:7f3c2f7e-0d3f-4a3e-9a55-0d6f5a1c9b01"
bundle = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": encounter,
            "request": {"method": "POST", "url": "Encounter"},
            "resource": {
                "resourceType": "Encounter",
                "status": "finished",
                "identifier": [{"system": "urn:example:visits", "value": visit}],
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                "subject": subject,
                "period": {"start": now, "end": now},
            },
        },
        {
            "request": {"method": "POST", "url": "Observation"},
            "resource": {
                "resourceType": "Observation",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
                "subject": subject,
                "encounter": {"reference": encounter},
                "effectiveDateTime": now,
                "valueQuantity": {"value": 72, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
            },
        },
    ],
}


def send(bundle):
    """Sends it, and the same again with the same key while there is no answer, or one that says: later."""
    writer = SyncFHIRClient(
        f"{base}/fhir", authorization=authorization, extra_headers={"Idempotency-Key": str(uuid.uuid4())}
    )
    for wait in (1, 2, 4, 8, 0):
        try:
            return writer.execute("", method="post", data=bundle)
        except requests.exceptions.ConnectionError as error:
            problem = error
        except BaseFHIRError as error:
            if not any(code in str(error) for code in ("request-running", "busy", "timeout", "internal")):
                raise
            problem = error
        if wait:
            time.sleep(wait)
    sys.exit(f"no answer: {problem}")


for entry in send(bundle)["entry"]:
    print(entry["response"]["location"])
