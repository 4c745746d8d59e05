#!/usr/bin/env python3
"""Many clients read while the right to read ends: how long after the change is an answer given that must not be?

    python3 tools/measure_revocation.py --server target/release/healthbook
    python3 tools/measure_revocation.py --server target/release/healthbook --database postgres://user:secret@host/empty

Changes, each on a fresh demo: a session is ended by its person, an account is blocked by the command line (another
process), the citizen blocks a facility, a consent is withdrawn, a client system is blocked by the command line. For
each: --clients threads read the same Patient without a pause; an answer counts as late when its request was *sent*
after the change was acknowledged and still brought the Patient. Prints the latest of them; exit status 1 above --bar
(1 s), when reads never stop, or when they fail before the change. Python 3.9 or later, nothing else; with --database,
one empty database for each of --changes (the others are left out), because a demo is loaded into it.
"""

import argparse
import datetime
import json
import sys
import threading
import time

from measuring import Browser, Client, Server


class Load:
    """Clients that read one Patient until they are told to stop."""

    def __init__(self, server, tokens, path, clients):
        self.server, self.path = server, path
        self.stop = threading.Event()
        self.answers, self.failures = [], []
        self.lock = threading.Lock()
        self.threads = [
            threading.Thread(target=self.read, args=(tokens[number % len(tokens)],), daemon=True)
            for number in range(clients)
        ]
        for thread in self.threads:
            thread.start()

    def read(self, token):
        client = Client(self.server.port, token)
        own = []
        while not self.stop.is_set():
            begin = time.monotonic()
            try:
                answer, _ = client.request("GET", self.path)
            except OSError as error:
                self.failures.append(str(error))
                continue
            own.append((begin, time.monotonic(), answer.status))
        with self.lock:
            self.answers.extend(own)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        return sorted(self.answers)


def in_days(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).isoformat(timespec="seconds")


def consent(patient, organization):
    """A permission of the citizen for a facility, as the national profile wants it."""
    core = "http://fhir.hl7.org.vn/core"

    def concept(system, code):
        return {"coding": [{"system": system, "code": code}]}

    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [concept(f"{core}/CodeSystem/vn-consent-category-cs", "privacy")],
        "patient": {"reference": f"Patient/{patient}"},
        "dateTime": in_days(0),
        "performer": [{"reference": f"Patient/{patient}"}],
        "policyRule": concept("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN"),
        "verification": [{"verified": True, "verificationDate": in_days(0)}],
        "provision": {
            "extension": [
                {
                    "url": f"{core}/StructureDefinition/vn-ext-consent-method",
                    "valueCodeableConcept": concept(f"{core}/CodeSystem/vn-consent-method-cs", "other-verifiable"),
                }
            ],
            "type": "permit",
            "period": {"start": in_days(0), "end": in_days(30)},
            "actor": [
                {
                    "role": concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "CST"),
                    "reference": {"reference": f"Organization/{organization}"},
                }
            ],
        },
    }


class Scene:
    """A demo with a citizen, a clinic's system, and what each sees."""

    def __init__(self, server):
        self.server = server
        demo = server.demo()
        self.system = demo["clients"][0]["id"]
        code = demo["clients"][0]["facility"]
        self.facility = next(one for one in demo["facilities"] if one["code"] == code)
        self.clinic_token = server.token("--client", self.system)
        self.clinic = Client(server.port, self.clinic_token)
        self.citizen = demo["citizens"][0]
        statuses = ((one, self.clinic.request("GET", f"/fhir/Patient/{one['patient_id']}")) for one in demo["citizens"])
        self.unseen = next((one for one, (answer, _) in statuses if answer.status == 404), None)

    def be_present(self, citizen):
        """The citizen comes to the clinic and shows a code: the clinic sees the book."""
        made = self.as_citizen(citizen).json("POST", "/access/presence-codes", {})
        self.clinic.json("POST", "/access/relations", {"kind": "presence", "code": made["code"]})

    def as_citizen(self, citizen):
        return Client(self.server.port, self.server.token("--citizen", citizen["number"]))


def session_ended(scene):
    """A person ends the session on a device, from the list of the own devices on another one."""
    citizen, server = scene.citizen, scene.server
    phone, computer = Browser(server.port), Browser(server.port)
    for browser in (phone, computer):
        browser.sign_in(server, citizen["number"], server.password())
    token = phone.app_token()
    cookies = "; ".join(f"{name}={value}" for name, value in computer.cookies.items())
    headers = {"Accept": "application/json", "Cookie": cookies, "Origin": server.base}
    _, content = Client(server.port).request("GET", "/auth/sessions", None, headers)
    others = [one["id"] for one in json.loads(content)["sessions"] if not one.get("own")]

    def change():
        for session in others:
            answer, content = Client(server.port).request("DELETE", f"/auth/sessions/{session}", None, headers)
            if answer.status not in (200, 204):
                raise SystemExit(f"ending a session: {answer.status} {content[:300]!r}")

    return [token], citizen["patient_id"], change


def account_blocked(scene):
    # Signed in as people do: what `healthbook token` prints belongs to no account.
    citizen, server = scene.citizen, scene.server
    phone = Browser(server.port)
    phone.sign_in(server, citizen["number"], server.password())
    return [phone.app_token()], citizen["patient_id"], lambda: server.run("account", "block", "--citizen", citizen["number"])


def facility_blocked(scene):
    scene.be_present(scene.citizen)
    citizen = scene.as_citizen(scene.citizen)
    wish = {"facility": scene.facility["code"], "until": in_days(30), "text_version": "1"}
    return [scene.clinic_token], scene.citizen["patient_id"], lambda: citizen.json("POST", "/access/blocks", wish)


def consent_withdrawn(scene):
    if scene.unseen is None:
        raise SystemExit("the clinic sees everybody: there is nothing to permit")
    citizen = scene.as_citizen(scene.unseen)
    patient = scene.unseen["patient_id"]
    given = citizen.json(
        "POST", "/fhir/Consent", consent(patient, scene.facility["organization_id"]), "application/fhir+json"
    )
    ended = {**given, "status": "inactive"}

    def change():
        citizen.json("PUT", f"/fhir/Consent/{given['id']}", ended, "application/fhir+json")

    return [scene.clinic_token], patient, change


def client_blocked(scene):
    scene.be_present(scene.citizen)
    patient = scene.citizen["patient_id"]
    return [scene.clinic_token], patient, lambda: scene.server.run("client", "block", scene.system)


CHANGES = {
    "session": session_ended,
    "account": account_blocked,
    "facility": facility_blocked,
    "consent": consent_withdrawn,
    "client": client_blocked,
}


def measure(name, prepare, arguments, database):
    """The latest late answer in seconds, and what is wrong."""
    with Server(arguments.server, database) as server:
        tokens, patient, change = prepare(Scene(server))
        load = Load(server, tokens, f"/fhir/Patient/{patient}", arguments.clients)
        time.sleep(arguments.before)
        begin = time.monotonic()
        change()
        acknowledged = time.monotonic()
        time.sleep(arguments.after)
        answers = load.end()
    # What was still under way when the change came may be answered by either state.
    before = [status for _, ended, status in answers if ended < begin]
    late = [sent - acknowledged for sent, _, status in answers if sent > acknowledged and status == 200]
    stopped = [status for sent, _, status in answers if sent > acknowledged and status in (401, 403, 404)]
    others = sorted({status for _, _, status in answers} - {200, 401, 403, 404})
    latest = max(late, default=0.0)
    good = before.count(200)
    print(
        f"{name:9} {arguments.clients} clients, {good} reads before, {len(late)} late, the latest sent {latest * 1000:.0f} ms"
        f" after the change, {len(stopped)} refused; the change took {(acknowledged - begin) * 1000:.0f} ms",
        flush=True,
    )
    wrong = []
    if good == 0 or good < len(before):
        wrong.append(f"{len(before) - good} of {len(before)} reads failed before the change")
    if not stopped:
        wrong.append("reads never stopped")
    if latest > arguments.bar:
        wrong.append(f"an answer {latest:.2f} s after the change (bar {arguments.bar} s)")
    if others or load.failures:
        wrong.append(f"statuses {others}, {len(load.failures)} broken connections")
    for fault in wrong:
        print(f"WRONG: {name}: {fault}", flush=True)
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the healthbook program")
    parser.add_argument("--database", action="append", help="an empty database for each change, in their order")
    parser.add_argument("--changes", nargs="+", choices=list(CHANGES), default=list(CHANGES), metavar="CHANGE",
                        help=f"of {', '.join(CHANGES)} [all]")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--before", type=float, default=3, help="seconds of reading before the change [3]")
    parser.add_argument("--after", type=float, default=4, help="seconds of reading after it [4]")
    parser.add_argument("--bar", type=float, default=1.0, help="seconds [1]")
    arguments = parser.parse_args()
    databases = arguments.database or [None] * len(arguments.changes)
    good = [
        measure(name, CHANGES[name], arguments, database) for name, database in zip(arguments.changes, databases)
    ]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
