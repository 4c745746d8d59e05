"""What schemathesis has to know of this server: how a token is got (it lives ten minutes)."""

import json
import os
import subprocess

import schemathesis


@schemathesis.auth(refresh_interval=240)
class Token:
    """A token of the caller, printed by the program that is tested."""

    def get(self, _case, _context):
        done = subprocess.run(json.loads(os.environ["CONFORMANCE_TOKEN"]), capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def set(self, case, token, _context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"
