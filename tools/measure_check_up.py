#!/usr/bin/env python3
"""From the push of a check-up on the data axis until the citizen sees it on the page of the own book.

    cargo build --release -p healthbook
    python3 tools/measure_check_up.py --server target/release/healthbook                      SQLite
    python3 tools/measure_check_up.py --server target/release/healthbook --database postgres  a PostgreSQL of its own

Starts the registry simulator with --latency (50 ms), a server that is connected to it, and --senders facilities with a
key each. Everybody has a check-up before; --watched people have accounts, and are signed in. Then --rate (50) messages a
second are pushed for --seconds (60), signed beforehand, each when its time has come, whatever became of the others; every tenth is
of somebody who is watched, and whose page /book is read every 50 ms from then on until the check-up is there. What counts is from
the moment when the message should have been sent to the end of the first page that shows it: the axis, the queue, the question to
the registry, the book, the gate, the log and the page. In the end every message must be in a book.
Prints p50, p95 and p99 in milliseconds. Exit status 1 when p95 is over --bar (2000), a push was not accepted or one is not
in the books. Linux, openssl, Python 3.9 or later.
"""

import argparse
import base64
import concurrent.futures
import contextlib
import datetime
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid

from measuring import Browser, Client, Forms, Server, percentiles
from temporary_postgres import database_of

PASSWORD = "bảy cây cầu qua sông"
SAMPLE = pathlib.Path(__file__).resolve().parent.parent / "crates/exchange/samples/adult.json"
LINK = re.compile(r"/book/check-ups/([0-9A-Za-z.-]+)")
PAUSE = 0.05


def location_number(index):
    """A GLN with its check digit."""
    digits = f"20000009{index:04}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def hashed(text):
    return hashlib.sha256(text.encode()).hexdigest().upper()


class Sender:
    """A facility that sends."""

    def __init__(self, index, folder):
        self.id, self.facility, self.user = location_number(index), f"99{index:03}", f"his-99{index:03}"
        self.key, self.public = folder / f"{self.id}.pem", folder / f"{self.id}.pub"
        subprocess.run(["openssl", "genrsa", "-out", self.key, "2048"], check=True, capture_output=True)
        subprocess.run(["openssl", "rsa", "-in", self.key, "-pubout", "-out", self.public], check=True, capture_output=True)

    def organization(self):
        return {"resourceType": "Organization", "id": f"org-{self.facility}", "name": f"Trạm y tế {self.facility}", "identifier": [
            {"system": "http://fhir.hl7.org.vn/core/sid/ma-cskcb", "value": self.facility},
            {"system": "https://www.gs1.org/gln", "value": self.id}]}

    def message(self, person, visit, day):
        """A signed message: `(msg_id, body)`."""
        content = base64.b64encode(check_up(person, self, visit, day).encode()).decode()
        now = datetime.datetime.now(datetime.timezone.utc)
        msg_id = f"{self.id}{now:%y%m%d}{uuid.uuid4().hex}"
        header = json.dumps({
            "version": "1.0.6", "sender_id": self.id, "receiver_id": "TDLBYT", "txn_type": "sync_checkup", "msg_id": msg_id,
            "msg_type": "101", "data_type": "json/base64", "send_datetime": int(now.timestamp() * 1000),
        }, separators=(",", ":"))
        checksum = f"{hashed(header)}.{hashed(content)}"
        command = ["openssl", "dgst", "-sha256", "-sign", self.key]
        signature = subprocess.run(command, input=checksum.encode(), check=True, capture_output=True).stdout
        body = f'{{"header":{header},"data":{{"file_content":"{content}"}},"signature":"{signature.hex().upper()}"}}'
        return msg_id, body.encode()

    def sign_in(self, port):
        answer = Client(port).json("POST", "/api/auth/login", {"username": self.user, "password": PASSWORD})
        self.token = answer["data"]["token"]


def check_up(person, sender, visit, day):
    """The sample of an adult, of somebody else."""
    message = json.loads(SAMPLE.read_text())
    top = message["khamsuckhoe"]
    top["thongtindonvi"]["macskcb"], top["thongtinhoso"]["ngaylap"] = sender.id, f"{day:%Y%m%d}"
    for file in top["thongtinhoso"]["danhsachhoso"]["hoso"][0]["filehoso"]:
        content = json.loads(base64.b64decode(file["noidungfile"]))
        fields = next(iter(content.values()))
        if file["loaihoso"] == "XML1":
            born = person["birthDate"].replace("-", "") + "0000"
            # The fourth digit of a citizen number says sex and century: even ones are men's (decree 137/2015, article 7).
            sex = "1" if int(person["number"][3]) % 2 == 0 else "2"
            fields.update(so_cccd=person["number"], ngay_sinh=born, ho_ten=person["name"].upper(), gioi_tinh=sex)
        if file["loaihoso"] == "XML2":
            fields.update(ma_lk=visit, ma_cskcb=sender.facility, ma_gtin_cskcb=sender.id, ngay_vao=f"{day:%Y%m%d}0815")
        file["noidungfile"] = base64.b64encode(json.dumps(content, ensure_ascii=False).encode()).decode()
    return json.dumps(message, ensure_ascii=False)


def accepted(client, sender, body):
    headers = {"Content-Type": "application/json", "service-type": "100", "Authorization": f"Bearer {sender.token}"}
    answer, content = client.request("POST", "/api/platform/data-sync/push", body, headers)
    code = json.loads(content)["header"]["res_code"] if content else None
    return answer.status == 200 and code == "CM_SUCCESS", f"{answer.status} {code}"


def state(client, sender, msg_id):
    headers = {"Authorization": f"Bearer {sender.token}"}
    _, content = client.request("GET", f"/api/platform/data-sync/state/{msg_id}", None, headers)
    return json.loads(content)["header"]["res_code"]


def wait_for_all(server, sent, seconds=600):
    """The state of each message, once none waits."""
    client, left, states = Client(server.port), list(sent), {}
    end = time.monotonic() + seconds
    while left and time.monotonic() < end:
        waiting = []
        for sender, msg_id in left:
            said = state(client, sender, msg_id)
            if said == "CM_SUCCESS":
                waiting.append((sender, msg_id))
            else:
                states[said] = states.get(said, 0) + 1
        left = waiting
        time.sleep(0.2 if left else 0)
    if left:
        states["waits still"] = len(left)
    return states


class Reader:
    """A citizen who is signed in and looks at the own book."""

    def __init__(self, server, person):
        self.person = person
        told = server.run("account", "activate", "--citizen", person["number"])
        code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", told)
        if not code:
            raise SystemExit("no activation code: " + re.sub(r"\d{12}", "...", told))
        self.browser = Browser(server.port)
        _, page = self.browser.request("GET", "/auth/activate")
        form = next(form for form in Forms(page).forms if "code" in form["fields"])
        fields = dict(form["fields"], name=person["number"], code=code.group(), password=PASSWORD, again=PASSWORD)
        self.browser.follow(*self.browser.request("POST", "/auth/activate?lang=en", fields))
        self.seen = self.check_ups()
        self.busy = threading.Lock()

    def check_ups(self):
        answer, page = self.browser.request("GET", "/book")
        if answer.status != 200:
            raise SystemExit(f"/book answers {answer.status}")
        return set(LINK.findall(page))

    def until_seen(self, begin, limit=60):
        """Milliseconds from a moment until there is a check-up that was not there before."""
        while time.monotonic() < begin + limit:
            found = self.check_ups() - self.seen
            if found:
                self.seen |= found
                return (time.monotonic() - begin) * 1000
            time.sleep(PAUSE)
        return float("inf")


def people_of(registry, count):
    with urllib.request.urlopen(f"{registry}/sample?count={min(10_000, 3 * count)}", timeout=60) as answer:
        found = json.load(answer)
    adults = [it for it in found if len(it["birthDate"]) == 10 and it["birthDate"] < "2000"]
    return adults[:count]


def push_all(server, todo, rate, readers, given):
    """Pushes each when its time has come; the times of the watched, and what was not accepted."""
    local, refused, late = threading.local(), [], []
    begin = time.monotonic() + 0.5
    pushing = concurrent.futures.ThreadPoolExecutor(given.threads)
    watching = concurrent.futures.ThreadPoolExecutor(len(readers))

    def push(due, sender, body):
        time.sleep(max(0.0, due - time.monotonic()))
        late.append(time.monotonic() - due)
        if not hasattr(local, "client"):
            local.client = Client(server.port)
        done, told = accepted(local.client, sender, body)
        if not done:
            refused.append(told)

    def watch(due, reader):
        with reader.busy:
            time.sleep(max(0.0, due - time.monotonic()))
            return reader.until_seen(due)

    # In the order of their time, so that a thread which is free has the next one.
    pushed, seen = [], []
    for index, (sender, _, body, reader) in enumerate(todo):
        due = begin + index / rate
        pushed.append(pushing.submit(push, due, sender, body))
        if reader is not None:
            seen.append(watching.submit(watch, due, reader))
    concurrent.futures.wait(pushed)
    taken = time.monotonic() - begin
    times = sorted(it.result() for it in seen)
    late.sort()
    print(f"{len(todo)} messages in {taken:.1f} s ({len(todo) / taken:.1f}/s), sent at most"
          f" {late[int(len(late) * 0.99)] * 1000:.0f} ms late (p99)", flush=True)
    return times, refused


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the healthbook program")
    parser.add_argument("--database", help="an empty one; `postgres` for one of its own; an SQLite file when not given")
    parser.add_argument("--rate", type=float, default=50, help="messages a second [50]")
    parser.add_argument("--seconds", type=float, default=60, help="how long [60]")
    parser.add_argument("--latency", default="50ms", help="of the registry [50ms]")
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--watched", type=int, default=40, help="people whose pages are read [40]")
    parser.add_argument("--senders", type=int, default=10)
    parser.add_argument("--threads", type=int, default=24, help="that push [24]")
    parser.add_argument("--bar", type=float, default=2000.0, help="largest p95 in milliseconds [2000]")
    given = parser.parse_args()
    count = int(given.rate * given.seconds)
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(database_of(given.database))
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        program = str(pathlib.Path(given.server).resolve())
        simulator = subprocess.Popen(
            [program, "registry-simulator", "--listen", "127.0.0.1:0", "--people", str(20 * given.people), "--latency",
             given.latency, "--events", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder)
        stack.callback(lambda: (simulator.kill(), simulator.wait()))
        registry = re.search(r"http://127\.0\.0\.1:\d+", simulator.stdout.readline()).group()
        people = people_of(registry, given.people)
        senders = [Sender(index, folder) for index in range(1, given.senders + 1)]
        organizations = folder / "organizations.ndjson"
        organizations.write_text("".join(json.dumps(sender.organization()) + "\n" for sender in senders))
        with Server(given.server, database, None, ["--registry", registry, "--log", "warn,healthbook::serve=info"], folder) as server:
            server.run("import", str(organizations))
            for sender in senders:
                server.run("sender", "add", "--id", sender.id, "--user", sender.user, "--public-key", str(sender.public),
                           typed=PASSWORD + "\n")
                sender.sign_in(server.port)
            first, today = [], datetime.date.today()
            client = Client(server.port)
            for index, person in enumerate(people):
                sender = senders[index % len(senders)]
                msg_id, body = sender.message(person, f"BEFORE{index}", today - datetime.timedelta(400))
                done, told = accepted(client, sender, body)
                if not done:
                    raise SystemExit(f"the first message of somebody is not accepted: {told}")
                first.append((sender, msg_id))
            states = wait_for_all(server, first)
            if set(states) != {"PS_DS_SAVE_SUCCESS"}:
                raise SystemExit(f"the first messages: {states}")
            readers = [Reader(server, person) for person in people[:given.watched]]
            todo, others = [], people[given.watched:]
            # The day of each visit of a person is later than the one before: the page shows the newest.
            for index in range(count):
                reader = readers[index // 10 % len(readers)] if index % 10 == 0 else None
                person = reader.person if reader else others[index % len(others)]
                sender = senders[index % len(senders)]
                day = today - datetime.timedelta(300) + datetime.timedelta(index * 250 // count)
                todo.append((sender, *sender.message(person, f"NOW{index}", day), reader))
            for sender in senders:
                sender.sign_in(server.port)
            times, refused = push_all(server, todo, given.rate, readers, given)
            states = wait_for_all(server, [(sender, msg_id) for sender, msg_id, _, _ in todo])
    at = percentiles(times)
    kind = "PostgreSQL" if database and database.startswith("postgres") else "SQLite"
    print(f"{kind}: push to page, {len(times)} watched: p50 {at[0]:.0f} ms  p95 {at[1]:.0f} ms  p99 {at[2]:.0f} ms"
          f"  most {times[-1]:.0f} ms{' holds' if at[1] < given.bar else ' MISSED'}")
    print(f"states: {states}; not accepted: {len(refused)} {sorted(set(refused))[:3]}")
    sys.exit(0 if at[1] < given.bar and not refused and set(states) == {"PS_DS_SAVE_SUCCESS"} else 1)


if __name__ == "__main__":
    main()
