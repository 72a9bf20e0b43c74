"""The service under test, and what the faults and checks do to it."""

import http.client
import json
import os
import shutil
import signal
import time
from urllib.parse import urlsplit

from groups import APPLICATION, PATH, SERVICE, Group
from leftovers import processes
from pooled import API

MEMBERS = 3
# Acknowledged before a replica has it: a lost or hanging primary is replaced only if a loss is accepted.
LOSSY = {"redis", "valkey"}
# The number of members is odd.
ELECTING = {"mongodb"}
REQUEST_SECONDS = 120
REPLACED_SECONDS = 60


class FreshAPI(API):
    """A connection for each request: roostd may be another one since the last."""

    def __init__(self, path):
        super().__init__(path)
        self.timeout = REQUEST_SECONDS

    def request(self, *arguments, **keys):
        self.close()
        super().request(*arguments, **keys)


class ChaosGroup(Group):
    def __init__(self, gibibytes, engine):
        super().__init__(gibibytes, engine, f"instances: {MEMBERS}")

    def prepare(self):
        super().prepare()
        self.wait_whole(joined=MEMBERS)

    def new_connection(self):
        return FreshAPI(self.home / "roostd.sock")

    @property
    def is_lossy(self):
        return self.engine.type in LOSSY

    @property
    def elects(self):
        return self.engine.type in ELECTING

    # Addresses

    @property
    def read_url(self):
        return next(value for key, value in self.variables(APPLICATION).items() if key.endswith("_READ_URL"))

    def member_url(self, member):
        return member_address(self.url, self.engine.type, member["port"])

    # Members

    def members(self):
        return self.state()[0]["instances"]

    def replicas(self):
        return [member for member in self.members() if member["role"] == "replica"]

    def wait_replaced(self, pid):
        """Until another process is the primary's, and serves."""

        def is_replaced():
            return any(
                member["role"] == "primary" and member["state"] == "up" and member["pid"] not in (None, pid)
                for member in self.members())

        self.wait_for("the primary is replaced", is_replaced, REPLACED_SECONDS)

    def wait_settled(self, seconds, without):
        self.wait_whole(without, seconds, MEMBERS)

    def force_failover(self):
        """Where acknowledged writes may be lost, nobody is promoted until a user accepts it. Repeated while Roost is
        busy with the fault itself."""
        deadline = time.monotonic() + REPLACED_SECONDS
        while True:
            try:
                return self.api.ask("POST", f"{PATH}/failover?wait=ready", {"accept_data_loss": True})
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def scale(self, count):
        self.roost("scale", f"{SERVICE}:instances={count}", "-A", APPLICATION, "--yes")
        self.wait_whole(joined=count)

    # Directories

    @property
    def instances(self):
        return self.pool / "instances" / APPLICATION

    def take_away(self, member, number):
        """The member's data directory gets a name that nobody looks for."""
        data = self.instances / member["name"] / "data"
        data.rename(data.with_name(f"data.lost-{number}"))

    def remove_taken_away(self):
        for path in self.instances.glob("*/data.lost-*"):
            shutil.rmtree(path)

    # Processes

    def kill_daemon(self):
        self.daemon.kill()
        self.daemon.wait()

    def start_daemon(self):
        self.launch()
        self.wait_for("roostd serves", self.is_healthy)

    def kill_router(self):
        pid = self.router_pid()
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_for_router(self, without):
        def is_started():
            try:
                return self.router_pid() != without
            except RuntimeError:
                return False

        self.wait_for("the router is started again", is_started, REPLACED_SECONDS)

    def kill_everything(self):
        """Like a loss of power, except that the disk and its mounts stay."""
        for pid, _ in list(processes(self.folder)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ended with its parent
        self.daemon.wait()

    # For whoever reads about a failed run

    def explained(self):
        parts = []
        for arguments in (
            ("replication", SERVICE), ("events", "-n", "60"), ("info", SERVICE, "--json"),
        ):
            try:
                parts.append(self.roost(*arguments, "-A", APPLICATION))
            except RuntimeError as error:
                parts.append(str(error))
        try:
            parts.append(json.dumps(self.asked(f"{PATH}/failovers?limit=3")[1], indent=2))
        except (OSError, ValueError, http.client.HTTPException) as error:
            parts.append(f"roostd does not answer: {error!r}")
        log = (self.folder / "roostd.log").read_text(errors="replace").splitlines()
        return "\n".join(parts + ["roostd's log ends with:"] + log[-100:])


def member_address(url, type, port):
    """The address of one member at its own port. MongoDB's URL names all members, and its driver would go to the
    primary."""
    address = urlsplit(url)
    sign_on = address.netloc.rpartition("@")[0]
    host = address.netloc.rpartition("@")[2].split(",")[0].rpartition(":")[0]
    changed = address._replace(netloc=f"{sign_on}@{host}:{port}")
    if type in ELECTING:
        query = "directConnection=true&authSource=admin&readPreference=secondaryPreferred&retryWrites=false"
        changed = changed._replace(query=query)
    return changed.geturl()
