"""A PostgreSQL server of a tool's own: in a temporary folder, on loopback, gone afterwards.

The server programs are those of the machine; root runs them as the user postgres. HEALTHBOOK_TEST_POSTGRES names a
server instead, whose user may create databases. It waits for the disk as in production unless it is told not to. Standard
library only.
"""

import contextlib
import glob
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

WAIT = 120


class TemporaryPostgres:
    """Started when the first database is asked for, ended with the run. `settings` are further ones: "work_mem=16MB"."""

    def __init__(self, settings=(), waits_for_disk=True):
        self.settings = ["max_connections=200", "shared_buffers=512MB", *settings]
        if not waits_for_disk:
            self.settings += ["fsync=off", "full_page_writes=off"]
        self.address = os.environ.get("HEALTHBOOK_TEST_POSTGRES")
        self.process = None
        self.folder = None
        self.programs = None

    def database(self, name):
        """The address of a new database."""
        if self.address is None:
            self._start()
        self._ask(f'DROP DATABASE IF EXISTS "{name}"')
        self._ask(f'CREATE DATABASE "{name}"')
        return re.sub(r"/[^/?]*(\?.*)?$", lambda found: f"/{name}{found.group(1) or ''}", self.address)

    @property
    def log(self):
        """What it says; none of a server that was there before."""
        return self.folder and self.folder / "log"

    def _ask(self, statement):
        psql = find_programs("psql") / "psql"
        command = [str(psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.address, "-c", statement]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"PostgreSQL: {done.stderr.strip()}")

    def _start(self):
        self.programs = find_programs("initdb", "postgres")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="healthbook-postgres-"))
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        account = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if account:
            self.folder.chmod(0o711)
            shutil.chown(data, "postgres", "postgres")
        make = [str(self.programs / "initdb"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        make += ["--no-locale", "-D", str(data)]
        done = subprocess.run(make, cwd="/", capture_output=True, text=True, **account)
        if done.returncode:
            raise SystemExit(f"initdb: {done.stderr.strip()}")
        port = free_port()
        self.address = f"postgres://postgres@127.0.0.1:{port}/postgres"
        command = [str(self.programs / "postgres"), "-D", str(data)]
        for setting in (f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *self.settings):
            command += ["-c", setting]
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(command, cwd="/", stdout=log, stderr=log, **account)
        end = time.monotonic() + WAIT
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(SystemExit):
                return self._ask("SELECT 1")
            time.sleep(0.2)
        raise SystemExit(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-2000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
            self.process.kill()
            self.process.wait()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def database_of(text):
    """The address that `--database` names: `postgres` is a database on a server of the tool's own; none stays none."""
    if text != "postgres":
        yield text
        return
    with TemporaryPostgres() as server:
        yield server.database("book")


def find_programs(*names):
    """The folder with these programs: of PATH, else the newest of those where Debian and others install."""
    places = [pathlib.Path(place) for place in os.environ.get("PATH", "").split(os.pathsep) if place]
    installed = glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/usr/pgsql-*/bin")
    places += [pathlib.Path(place) for place in sorted(installed, reverse=True)]
    for place in places:
        if all((place / name).is_file() for name in names):
            return place
    raise SystemExit(f"PostgreSQL is missing ({', '.join(names)}): install it, or set HEALTHBOOK_TEST_POSTGRES")


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
