"""MongoDB's replica set by itself. Clients follow its primary as MongoDB's drivers do.

A server that was killed is started again only after the first write.
"""

import secrets
import shutil
from pathlib import Path

from engines import ENGINES
from outages import MEMBERS

from peers.shared import Peer, free_ports

NAME, USER = "roost", "bench"
ANSWER_MS = 3000
# Nobody ends a connection to a server that hangs, so the client does. Shorter than any election's timeout: the client's
# patience is no part of the figures.
CLIENT_TIMEOUT_MS = 1000


class ReplicaSet(Peer):
    name, client = "mongodb", "mongodb"
    settings = {
        "default": {
            # The manual's "Self-Managed Replica Set Configuration": settings.electionTimeoutMillis and
            # settings.heartbeatIntervalMillis. Writes wait for a majority by default.
            "electionTimeoutMillis": 10000, "heartbeatIntervalMillis": 2000,
        },
        "fastest": {
            # The same page has no lowest value and warns of elections without a fault. A second is what Sentinel gets, too,
            # and longer than writes stall on two cores. Writes still wait for a majority.
            "electionTimeoutMillis": 1000,
            # Two for each election timeout: one that is late is no fault.
            "heartbeatIntervalMillis": 500,
        },
    }

    @staticmethod
    def programs():
        """The test engine, which Roost is given as well."""
        build = next(engine.add for engine in ENGINES if engine.type == "mongodb")
        return {"mongod": str(build / "bin" / "mongod")}

    def prepare(self):
        self.ports = free_ports(MEMBERS)
        # The build may be in a folder that servers' users may not enter.
        program = Path(shutil.copy(self.programs()["mongod"], self.folder / "mongod"))
        program.chmod(0o755)
        key = self.write("members.key", secrets.token_hex(32))
        key.chmod(0o400)
        for index, port in enumerate(self.ports):
            self.start(f"mongod-{index}", *arguments(str(program), port, self.make(f"member-{index}"), key))
        for index in range(MEMBERS):
            self.wait_for("MongoDB answers", lambda: self.hello(index) is None)
        self.initiate()
        self.wait_for("there is a primary", lambda: "none" if self.primary() is None else None)
        self.add_user()

    def initiate(self):
        # Before there are users, somebody on the same machine may do this.
        with self.direct(0, signs_on=False) as client:
            client.admin.command("replSetInitiate", set_configuration(self.values, self.ports))

    def add_user(self):
        with self.direct(self.primary(), signs_on=False) as client:
            client.admin.command("createUser", USER, pwd=self.password, roles=["root"])

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return (
            f"mongodb://{USER}:{self.password}@{hosts}/shop?authSource=admin&replicaSet={NAME}&retryWrites=false"
            f"&socketTimeoutMS={CLIENT_TIMEOUT_MS}")

    @property
    def counting_url(self):
        """A count takes longer than a write."""
        return self.url.partition("&socketTimeoutMS")[0]

    def direct(self, index, signs_on=True):
        import pymongo as driver

        account = {"username": USER, "password": self.password, "authSource": "admin"} if signs_on else {}
        return driver.MongoClient(
            "127.0.0.1", self.ports[index], directConnection=True, serverSelectionTimeoutMS=ANSWER_MS,
            connectTimeoutMS=ANSWER_MS, socketTimeoutMS=ANSWER_MS, **account)

    # State

    def members(self):
        return [self.member(index) for index in range(MEMBERS)]

    def member(self, index):
        process = self.servers[f"mongod-{index}"][0]
        if process.poll() is not None:
            return {"pid": None, "is_primary": False}
        return {"pid": process.pid, "is_primary": self.hello(index)["isWritablePrimary"]}

    def hello(self, index):
        with self.direct(index, signs_on=False) as client:
            return client.admin.command("hello")

    def primary(self):
        return next((index for index in range(MEMBERS) if self.hello(index)["isWritablePrimary"]), None)

    def obstacle(self, members):
        primary = next(index for index, member in enumerate(members) if member["is_primary"])
        with self.direct(primary) as client:
            return why_not_followed(client.admin.command("replSetGetStatus"))


def why_not_followed(status):
    """`status`: the primary's, of all members."""
    states = sorted(member["stateStr"] if member["health"] else "DOWN" for member in status["members"])
    return None if states == ["PRIMARY", "SECONDARY", "SECONDARY"] else f"the members are {', '.join(states)}"


def arguments(program, port, data, key):
    return [
        program, "--replSet", NAME, "--bind_ip", "127.0.0.1", "--port", str(port), "--dbpath", str(data), "--keyFile",
        str(key), "--nounixsocket",
        # As Roost's members: three have room on a small machine.
        "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "990", "--setParameter", "diagnosticDataCollectionEnabled=false",
    ]


def set_configuration(values, ports):
    return {
        "_id": NAME,
        "members": [{"_id": index, "host": f"127.0.0.1:{port}"} for index, port in enumerate(ports)],
        "settings": dict(values),
    }
