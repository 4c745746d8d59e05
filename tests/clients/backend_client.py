"""A clinic's system: registers, signs assertions (ES384, RS384), gets a token and reads with a FHIR client.

    python backend_client.py '{"base": "http://127.0.0.1:8080", "hidden": "ID of a Patient that the clinic does not see"}'

What the script cannot do itself it asks for by a line on stdout, "ASK approve CLIENT", and waits for a line on stdin.
Exit status 0 when all was as it should be.
"""

import json
import sys
import time
import uuid

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, ResourceNotFound
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE = "system/*.rs"


def ask(what):
    print(f"ASK {what}", flush=True)
    return sys.stdin.readline().strip()


def new_key(algorithm):
    """A private key, and its public part for the registration."""
    if algorithm == "ES384":
        key = ec.generate_private_key(ec.SECP384R1())
        public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    public = {name: value for name, value in public.items() if name != "key_ops"}
    kid = str(uuid.uuid4())
    return key, kid, {**public, "kid": kid, "alg": algorithm, "use": "sig"}


def register(endpoint, public):
    metadata = {
        "client_name": "fhirpy",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [public]},
        "scope": SCOPE,
    }
    answer = requests.post(endpoint, json=metadata, timeout=30)
    assert answer.status_code == 201, f"registration: {answer.status_code} {answer.text}"
    return answer.json()["client_id"]


def ask_token(endpoint, assertion):
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        "scope": SCOPE,
    }
    return requests.post(endpoint, data=form, timeout=30)


def run(settings, algorithm):
    base = settings["base"] + "/fhir"
    known = requests.get(base + "/.well-known/smart-configuration", timeout=30).json()
    assert algorithm in known["token_endpoint_auth_signing_alg_values_supported"], known
    key, kid, public = new_key(algorithm)
    client_id = register(known["registration_endpoint"], public)
    assert ask(f"approve {client_id}") == "ok", "the client was not approved"

    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": known["token_endpoint"],
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + 240,
    }
    assertion = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})
    answer = ask_token(known["token_endpoint"], assertion)
    assert answer.status_code == 200, f"token: {answer.status_code} {answer.text}"
    told = answer.json()
    assert told["token_type"].lower() == "bearer", told["token_type"]
    assert 0 < told["expires_in"] <= 300, told["expires_in"]
    assert "refresh_token" not in told, "a system gets no refresh token"
    again = ask_token(known["token_endpoint"], assertion)
    assert again.status_code in (400, 401), again.status_code
    assert again.json()["error"] == "invalid_client", again.text

    client = SyncFHIRClient(base, authorization=f"Bearer {told['access_token']}")
    patients = client.resources("Patient").limit(5).fetch()
    assert patients, "the clinic sees nobody"
    patient = client.get("Patient", patients[0].id)
    assert patient.id == patients[0].id
    seen = 0
    for patient in patients:
        observations = client.resources("Observation").search(patient=patient.id).limit(20).fetch()
        for observation in observations:
            assert observation["subject"]["reference"] == f"Patient/{patient.id}", observation["subject"]
        seen += len(observations)
    assert seen > 0, "the clinic sees no observation"
    for missing in filter(None, [settings.get("hidden"), str(uuid.uuid4())]):
        try:
            client.get("Patient", missing)
        except ResourceNotFound:
            continue
        raise AssertionError("a Patient was shown that must not be")
    stranger = SyncFHIRClient(base, authorization="Bearer x.y.z")
    try:
        stranger.resources("Patient").limit(1).fetch()
    except AuthorizationError:
        pass
    else:
        raise AssertionError("a token of nobody reads")
    print(f"as it should be: {algorithm}, {len(patients)} patients, {seen} observations", flush=True)


def main():
    settings = json.loads(sys.argv[1])
    for algorithm in ("ES384", "RS384"):
        run(settings, algorithm)


if __name__ == "__main__":
    main()
