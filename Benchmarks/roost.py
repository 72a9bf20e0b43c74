"""A roostd of the benchmarks' own, with a home and ports that nothing else uses."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import leftovers

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "bin"


def say(text):
    print(f"▸ {text}", file=sys.stderr, flush=True)


class Roost:
    def __init__(self, ready=1, first_port=41000):
        self.folder = Path(tempfile.mkdtemp(prefix="roost-bench-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.home = self.folder / "home"
        self.log = open(self.folder / "roostd.log", "wb")
        self.left = []  # by `roostd stop --services`, known once it has ended
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("ROOST_")}
        self.environment |= {"ROOST_HOME": str(self.home), "NO_COLOR": "1"}
        self.arguments = [
            "--home", str(self.home), "--listen", "off", "--ready", str(ready),
            "--ports", f"{first_port}-{first_port + 499}", "--internal-ports", f"{first_port + 500}-{first_port + 999}",
        ]

    def __enter__(self):
        self.launch()
        try:
            self.wait_for("roostd serves", self.is_healthy)
            self.prepare()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def launch(self):
        self.daemon = subprocess.Popen(
            [PROGRAMS / "roostd", *self.arguments], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=self.environment, cwd="/",
        )

    def prepare(self):
        """Whatever is to be done before the home is used."""

    def __exit__(self, kind, error, trace):
        stop = [PROGRAMS / "roostd", "stop", "--home", self.home, "--services"]
        subprocess.run(stop, check=False, stdout=self.log, stderr=self.log)
        try:
            self.daemon.wait(60)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
        self.log.close()
        self.left = leftovers.clear(self.folder)
        if error is not None or self.left:
            print((self.folder / "roostd.log").read_text()[-4000:], file=sys.stderr)
            say(f"left behind by 'roostd stop --services': {', '.join(self.left) or 'nothing'}")
        shutil.rmtree(self.folder)
        # Its system users are free for other homes; a home that had none is not known.
        forget = [PROGRAMS / "roostd", "forget-home", self.home]
        subprocess.run(forget, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def roost(self, *arguments, folder=None):
        done = subprocess.run(
            [PROGRAMS / "roost", *arguments], env=self.environment, cwd=folder or self.folder,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"roost {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def application(self, name, build_file):
        """A folder with the build file, created in Roost and not pushed yet."""
        folder = self.folder / "src" / name
        folder.mkdir(parents=True)
        (folder / "roost.yml").write_text(build_file)
        self.roost("create", name, folder=folder)
        return folder

    def info(self, service, application):
        return json.loads(self.roost("info", service, "-A", application, "--json"))

    def info_of_all(self, application):
        return json.loads(self.roost("info", "-A", application, "--json"))["services"]

    def variables(self, application):
        return json.loads((self.home / "apps" / application / "environment.json").read_text())

    def ready_directories(self):
        return max(e["ready_directories"] for e in json.loads(self.roost("engine", "ls", "--json"))["items"])

    def is_healthy(self):
        if self.daemon.poll() is not None:
            raise RuntimeError("roostd ended while it started")
        try:
            return self.get("/healthz").startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def get(self, path):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.home / "roostd.sock"))
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def wait_for(self, what, condition, seconds=120):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError(f"not within {seconds} s: {what}")
            time.sleep(0.02)

    def router_pid(self):
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                arguments = path.read_bytes().split(b"\0")
            except OSError:
                continue  # it ended meanwhile
            if arguments[0].endswith(b"roost-router") and str(self.home).encode() in arguments:
                return int(path.parent.name)
        raise RuntimeError("no router runs")
