"""A PostgreSQL server of a tool's own: in a temporary folder, on loopback, gone afterwards. It waits for the disk as in production.

Needs `initdb` and `postgres` in PATH or where Debian puts them. Standard library only.
"""

import glob
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time


def program(name):
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)
    if not found:
        raise SystemExit(f"{name} of PostgreSQL is not installed")
    return found


def somebody():
    """PostgreSQL refuses to run as root: another user then."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        except KeyError:
            continue
    raise SystemExit("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


class Postgres:
    """A server with an empty database; `url` leads to it, `log` is what it says. `more` are further settings."""

    def __init__(self, more=()):
        self._folder = tempfile.TemporaryDirectory()
        folder, user = pathlib.Path(self._folder.name), somebody()
        data = folder / "data"
        data.mkdir()
        if user:
            os.chmod(folder, 0o711)
            os.chown(data, user["user"], user["group"])
        made = [program("initdb"), "-D", str(data), "-U", "measure", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=data, **user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200",
                    "shared_buffers=512MB", *more]
        options = [part for setting in settings for part in ("-c", setting)]
        self.log = folder / "log"
        with self.log.open("wb") as log:
            command = [program("postgres"), "-D", str(data), *options]
            self.process = subprocess.Popen(command, cwd=data, stdout=log, stderr=log, **user)
        self.url = f"postgres://measure@127.0.0.1:{port}/postgres"
        self._wait(port)

    def _wait(self, port):
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                time.sleep(0.5)
                return
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit("PostgreSQL ended at its start")
                time.sleep(0.1)
        raise SystemExit("PostgreSQL is not ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._folder.cleanup()
