"""What the tools that measure signing in and the gate share: a demo server of their own, and a browser without script.

Standard library only. A server is always started here, on loopback: nothing of this ever asks another machine.
"""

import base64
import hashlib
import html.parser
import http.client
import http.cookies
import json
import os
import pathlib
import re
import secrets
import subprocess
import tempfile
import threading
import time
import urllib.parse


class Server:
    """`healthbook serve --demo` on a free port of loopback, with a folder of its own; without a demo when people is None."""

    def __init__(self, program, database=None, people=30, arguments=(), folder=None):
        self.program = str(pathlib.Path(program).resolve())
        self._folder = tempfile.TemporaryDirectory() if folder is None else None
        self.folder = pathlib.Path(folder or self._folder.name)
        self.database = database or f"sqlite:{self.folder / 'book.db'}"
        self.log = []
        demo = [] if people is None else ["--demo", str(people)]
        command = [self.program, "serve", *demo, "--listen", "127.0.0.1:0", *self.place(), *arguments]
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._collect, daemon=True).start()
        self.port = self._wait_until_ready()
        self.base = f"http://127.0.0.1:{self.port}"

    def place(self):
        """The arguments that lead any command to this database."""
        return ["--database", self.database, "--data-folder", str(self.folder)]

    def _collect(self):
        for line in self.process.stdout:
            self.log.append(line.rstrip())

    def _wait_until_ready(self):
        end = time.monotonic() + 600
        while time.monotonic() < end:
            for line in list(self.log):
                for port in re.findall(r"127\.0\.0\.1:(\d+)", line):
                    if port != "0" and is_ready(int(port)):
                        return int(port)
            if self.process.poll() is not None:
                raise SystemExit("the server ended:\n" + "\n".join(self.log[-20:]))
            time.sleep(0.05)
        raise SystemExit("the server is not ready")

    def demo(self):
        """What `demo.json` tells."""
        places = [self.folder / "demo.json"]
        if self.database.startswith("sqlite:"):
            places.insert(0, pathlib.Path(self.database[7:]).with_name("demo.json"))
        found = next(place for place in places if place.exists())
        return json.loads(found.read_text())

    def password(self):
        """The password of invented people, as the server tells it at its start."""
        told = re.search(r"demo(-[a-z0-9]+){3}", "\n".join(self.log))
        if not told:
            raise SystemExit("the server tells no password of the demo")
        return told.group()

    def codes(self):
        """One-time codes in the log, in their order."""
        lines = [line for line in self.log if "mã đăng nhập" in line or "one-time" in line]
        found = [re.findall(r"(?<![0-9A-Za-z])\d{6}(?![0-9A-Za-z])", line) for line in lines]
        return [codes[-1] for codes in found if codes]

    def next_code(self, known):
        for _ in range(500):
            codes = self.codes()
            if len(codes) > known:
                return codes[known]
            time.sleep(0.02)
        raise SystemExit("no one-time code in the log")

    def run(self, *arguments, typed=None):
        """Another command on the same database; its output. `typed` is its standard input."""
        command = [self.program, *arguments, *self.place()]
        done = subprocess.run(command, cwd=self.folder, env=clean(), capture_output=True, text=True, input=typed)
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def token(self, *arguments):
        return self.run("token", *arguments)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        if self._folder:
            self._folder.cleanup()


def clean():
    """The environment without settings of this machine."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HEALTHBOOK_")}


def is_ready(port):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    except http.client.HTTPException:
        return False


# Servers close idle connections after a few seconds; one that rested longer than this is not used again.
IDLE = 2.0


class Client:
    """Requests on one kept connection."""

    def __init__(self, port, token=None, source=None):
        self.port, self.token = port, token
        self.source = (source, 0) if source else None
        self.connection = None
        self.used = 0.0

    def request(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if self.connection is not None and time.monotonic() - self.used > IDLE:
            self.connection.close()
            self.connection = None
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=self.source)
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            content = answer.read()
            self.used = time.monotonic()
            return answer, content
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise

    def json(self, method, path, body=None, kind="application/json"):
        """An answer that has to be good, as JSON."""
        text = None if body is None else json.dumps(body)
        headers = {"Content-Type": kind} if body is not None else {}
        answer, content = self.request(method, path, text, headers)
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:500].decode(errors='replace')}")
        return json.loads(content) if content else None


class Forms(html.parser.HTMLParser):
    """The forms of a page: action, fields, and the name of the field for each purpose (`autocomplete`)."""

    def __init__(self, page):
        super().__init__()
        self.forms = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.forms.append({"action": attributes.get("action") or "", "fields": {}, "purposes": {}, "buttons": []})
        elif self.forms and tag == "input":
            name = attributes.get("name")
            if name and attributes.get("type") not in ("checkbox", "radio", "submit"):
                self.forms[-1]["fields"][name] = attributes.get("value") or ""
            if name and attributes.get("type") in ("checkbox", "radio") and "checked" in attributes:
                self.forms[-1]["fields"][name] = attributes.get("value") or "on"
            for purpose in (attributes.get("autocomplete") or "").split():
                self.forms[-1]["purposes"][purpose] = name
        elif self.forms and tag == "button":
            self.forms[-1]["buttons"].append((attributes.get("name"), attributes.get("value") or ""))

    def with_purpose(self, purpose):
        return next((form for form in self.forms if purpose in form["purposes"]), None)


class Browser:
    """Cookies and forms of one person."""

    def __init__(self, port, source=None):
        self.client = Client(port, source=source)
        self.cookies = {}

    def request(self, method, path, form=None):
        headers = {"Accept": "text/html", "Accept-Language": "en"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer, content = self.client.request(method, path, body, headers)
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer, content.decode(errors="replace")

    def sign_in_form(self):
        _, page = self.request("GET", "/auth/sign-in")
        form = Forms(page).with_purpose("current-password")
        if not form:
            raise SystemExit("the page of signing in asks for no password")
        return form

    def try_password(self, form, name, password):
        """One try; the answer and its page. Redirects are not followed."""
        fields = dict(form["fields"])
        fields[form["purposes"]["username"]] = name
        fields[form["purposes"]["current-password"]] = password
        return self.request("POST", form["action"] or "/auth/sign-in", fields)

    def follow(self, answer, page):
        """Redirects within the server; the last page, or the address outside."""
        for _ in range(10):
            if not 300 <= answer.status < 400:
                return page, None
            target = answer.headers["Location"]
            own = f"http://127.0.0.1:{self.client.port}"
            path = target[len(own):] if target.startswith(own + "/") else target
            if not path.startswith("/") or path.startswith("//"):
                return page, target
            answer, page = self.request("GET", path)
        raise SystemExit("redirects without end")

    def sign_in(self, server, name, password):
        """All the way in: password, then the code of the log."""
        known = len(server.codes())
        page, _ = self.follow(*self.try_password(self.sign_in_form(), name, password))
        form = Forms(page).with_purpose("one-time-code")
        if form:
            fields = dict(form["fields"])
            fields[form["purposes"]["one-time-code"]] = server.next_code(known)
            self.follow(*self.request("POST", form["action"], fields))


    def app_token(self):
        """An access token of an app to which the signed-in person says yes (authorization code with PKCE)."""
        redirect = "http://127.0.0.1:9/callback"
        app = self.client.json("POST", "/auth/register", {
            "client_name": "measure", "redirect_uris": [redirect], "grant_types": ["authorization_code"],
            "response_types": ["code"], "token_endpoint_auth_method": "none", "scope": "launch/patient patient/*.rs",
        })
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = urllib.parse.urlencode({
            "response_type": "code", "client_id": app["client_id"], "redirect_uri": redirect, "state": "s",
            "scope": "launch/patient patient/*.rs", "aud": f"http://127.0.0.1:{self.client.port}/fhir",
            "code_challenge": challenge, "code_challenge_method": "S256",
        })
        page, target = self.follow(*self.request("GET", f"/auth/authorize?{asked}"))
        if target is None:
            forms = [form for form in Forms(page).forms if any(value == "allow" for _, value in form["buttons"])]
            if not forms:
                raise SystemExit("no page that asks for consent")
            fields = dict(forms[0]["fields"])
            fields.update({name: value for name, value in forms[0]["buttons"] if value == "allow"})
            _, target = self.follow(*self.request("POST", forms[0]["action"], fields))
        code = urllib.parse.parse_qs(urllib.parse.urlparse(target).query)["code"][0]
        _, told = self.request("POST", "/auth/token", {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect,
            "client_id": app["client_id"], "code_verifier": verifier,
        })
        return json.loads(told)["access_token"]


def percentiles(values, shares=(0.5, 0.95, 0.99)):
    """p50, p95 and p99."""
    ordered = sorted(values)
    if not ordered:
        return [float("nan") for _ in shares]
    return [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in shares]


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return float("nan")
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
