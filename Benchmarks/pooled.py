"""A home whose databases stand in a pool of its own, and what the benchmarks of copies do in it."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from bare import BareServer
from roost import Roost

GIB = 1 << 30


class API(http.client.HTTPConnection):
    """One connection to the daemon, kept."""

    def __init__(self, path):
        super().__init__("localhost", timeout=900)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def ask(self, method, path, body=None):
        text = None if body is None else json.dumps(body).encode()
        self.request(method, path, text, {"Content-Type": "application/json"})
        response = self.getresponse()
        answer = json.loads(response.read())
        if response.status >= 300 or (answer.get("operation") or {}).get("state") == "failed":
            raise RuntimeError(f"{method} {path}: {response.status} {answer}")
        return answer


class Pooled(Roost):
    def __init__(self, gibibytes):
        super().__init__(first_port=44000)
        self.size = f"{gibibytes}G"
        self.pool = self.home / "pool"

    def prepare(self):
        self.roost("storage", "init", "--size", self.size)
        self.api = self.new_connection()

    def new_connection(self):
        return API(self.home / "roostd.sock")

    # Templates

    def add_template(self, name, *arguments):
        self.roost("template", "add", name, *arguments)

    def template(self, name):
        return self.api.ask("GET", f"/v1/templates/{name}")

    def template_data(self, name):
        return self.pool / "templates" / name / self.template(name)["version"] / "data"

    # Clones

    def clone(self, template, api=None):
        """Answered once it is ready."""
        return (api or self.api).ask("POST", "/v1/clones?wait=ready", {"source": template})["clone"]

    def remove_clone(self, clone):
        self.api.ask("DELETE", f"/v1/clones/{clone['name']}?wait=ready")

    def bare_server(self, clone, template):
        """The clone's server, to be started on a copy of the template that has nothing of Roost but its configuration."""
        copy = self.pool / "bare" / clone["name"]
        copy.mkdir(parents=True)
        for path in (copy.parent, copy):
            path.chmod(0o755)
        subprocess.run(["cp", "-a", "--reflink=always", self.template_data(template), copy / "data"], check=True)
        pid = clone["pid"]
        # A server works in its data directory.
        instance = Path(os.readlink(f"/proc/{pid}/cwd")).parent
        return BareServer(self.home, pid, instance, copy)

    def remove_bare(self, server):
        shutil.rmtree(server.copy)

    # Disk

    def storage(self):
        return json.loads(self.roost("storage", "info", "--json"))

    def used_bytes(self):
        os.sync()
        figures = os.statvfs(self.pool)
        return (figures.f_blocks - figures.f_bfree) * figures.f_frsize


def bare_address(clone, server):
    """The clone's own address, at the bare server's port."""
    address = urlsplit(clone["url"])
    return address._replace(netloc=f"{quote(address.username)}:{quote(address.password)}@127.0.0.1:{server.port}")


def answer_of(engine, address):
    """For `BareServer.run`: until the server answers, and not another in its place."""

    def first_answer(process):
        engine.first_answer(address, is_bare=True)
        if process.poll() is not None:
            raise RuntimeError("another server answered: the bare one has ended")

    return first_answer


def settle():
    """Nothing of ours may still be writing when the clock starts."""
    os.sync()
    time.sleep(0.5)


def too_little_disk(gibibytes):
    """Why a pool of that size cannot be made here; nothing where it can."""
    free = shutil.disk_usage("/tmp").free
    if free < (gibibytes + 4) * GIB:
        return f"the pool takes {gibibytes} GiB and 4 are left alone, and /tmp has {free / GIB:.0f}"
    return None
