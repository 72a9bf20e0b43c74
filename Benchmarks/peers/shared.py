"""What the peers share: a folder, free ports and an unprivileged user for their servers, which all end with the peer."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import leftovers
from groups import NotWhole
from outages import MEMBERS

# Every Debian has this user, and nothing of it: servers refuse to run as root.
USER = "nobody"
START_SECONDS = 120
# Sentinel tries again six minutes after an attempt that failed.
WHOLE_SECONDS = 600
POLL_SECONDS = 0.25
LOWEST_PORT = 24000
PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


class Peer:
    """A group of three servers, and what keeps it. Subclasses have `name`, `client` (a name in ledger.CLIENTS), `settings`,
    `programs`, `prepare`, `members`, `obstacle` and `url`."""

    name = client = None
    settings = {}

    def __init__(self, values):
        self.values = values
        self.servers = {}  # name: (process, arguments)
        self.password = secrets.token_hex(16)

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="roost-peers-", dir="/tmp")).resolve()
        try:
            self.give(self.folder)
            self.prepare()
            self.wait_whole()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, error, trace):
        try:
            if error is not None:
                self.print_logs()
            self.stop()
        finally:
            # What outlived its supervisor, and whatever works in the folder.
            for pid, _ in leftovers.processes(self.folder):
                leftovers.kill(pid)
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def counting_url(self):
        """Where rows are counted: at the primary itself."""
        return self.url

    # Servers

    def start(self, name, *arguments):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self.folder)}, **as_user())
        self.servers[name] = (process, arguments)
        return process

    def start_ended(self):
        """What a machine's init does for a server that was killed."""
        for name, (process, arguments) in list(self.servers.items()):
            if process.poll() is not None:
                self.start(name, *arguments)

    def pid(self, name):
        return self.servers[name][0].pid

    def stop(self):
        """The last started ends first: a supervisor would start its servers again."""
        for process, _ in reversed(self.servers.values()):
            process.kill()
            process.wait()

    def print_logs(self):
        for log in sorted(self.folder.glob("*.log")):
            print(f"{log.name}:\n{log.read_text(errors='replace')[-2000:]}", file=sys.stderr)

    def versions(self):
        return {name: version(path) for name, path in self.programs().items()}

    # Files

    def give(self, path):
        if account := as_user():
            os.chown(path, account["user"], account["group"])

    def make(self, name):
        path = self.folder / name
        path.mkdir(mode=0o700)
        self.give(path)
        return path

    def write(self, name, text):
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        self.give(path)
        return path

    # State

    def primary_pid(self):
        found = []

        def obstacle():
            found[:] = [member["pid"] for member in self.members() if member["is_primary"]]
            return None if len(found) == 1 else f"{len(found)} primaries"

        self.wait_for("there is one primary", obstacle)
        return found[0]

    def wait_whole(self, without=None, seconds=WHOLE_SECONDS):
        """Until there is one primary that two replicas follow. `without`: a process that has to be replaced first. Ended
        servers are started again."""
        self.start_ended()
        self.wait_for("the group is whole", lambda: self.why_not_whole(without), seconds)

    def why_not_whole(self, without):
        members = self.members()
        return why_not_all_up(members, without) or self.obstacle(members)

    def wait_for(self, what, obstacle, seconds=START_SECONDS):
        """`obstacle`: why that is not so yet, or nothing. An error is an obstacle, too."""
        deadline = time.monotonic() + seconds
        while reason := told(obstacle):
            if time.monotonic() > deadline:
                raise NotWhole(f"{self.name}: not within {seconds} s: {what}: {reason}")
            time.sleep(POLL_SECONDS)


def why_not_all_up(members, without):
    """`members`: dictionaries with `pid`, nothing if it does not run, and `is_primary`."""
    if down := [str(index) for index, member in enumerate(members) if not member["pid"]]:
        return f"members that are down: {', '.join(down)}"
    if any(member["pid"] == without for member in members):
        return f"process {without} still runs"
    primaries = sum(member["is_primary"] for member in members)
    return f"{primaries} primaries" if primaries != 1 or len(members) != MEMBERS else None


def told(obstacle):
    try:
        return obstacle()
    except Exception as error:  # each driver has its own kinds
        return f"{type(error).__name__}: {error}"


def as_user():
    """For Popen. Not as root, servers run as whoever runs this."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(USER)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "umask": 0o077}


def free_ports(count):
    """All below those that connections get: a client that tries to reach a port there, where nobody listens, in the end
    reaches itself."""
    highest = int(PORT_RANGE.read_text().split()[0]) if PORT_RANGE.exists() else 32768
    found = []
    for port in range(min(LOWEST_PORT, highest - 1000), highest):
        if is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError(f"no {count} ports are free between {LOWEST_PORT} and {highest}")


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listens(port):
    """Whether a server is there, as an obstacle."""
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError as error:
        return str(error)
    return None


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def end(pid, signal_number=signal.SIGKILL, seconds=10):
    """Sends a signal to a process that may be stopped, and waits until it has ended. False if it did not."""
    try:
        for number in (signal_number, signal.SIGCONT):
            os.kill(pid, number)
    except ProcessLookupError:
        return True
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def version(path):
    done = subprocess.run([path, "--version"], capture_output=True, text=True)
    lines = (done.stdout + done.stderr).splitlines()
    return lines[0] if lines else "unknown"
