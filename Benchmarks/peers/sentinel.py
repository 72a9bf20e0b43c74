"""Redis under three Sentinels. Clients ask a Sentinel for the primary.

A server that was killed is started again only after the first write: Sentinel would not replace one that its machine starts
again in time.
"""

from shutil import which
from urllib.parse import urlsplit

from ledger import Redis
from outages import MEMBERS

from peers.shared import Peer, free_ports

SENTINELS = 3
NAME = "roost"


class RedisSentinel(Peer):
    name, client = "sentinel", "sentinel"
    settings = {
        "default": {
            # Sentinel 7.0's built-in values, those of its sentinel.conf, too.
            "down-after-milliseconds": 30000, "failover-timeout": 180000, "parallel-syncs": 1,
            # Redis' own: writes are acknowledged before a replica or the disk has them.
            "redis": {},
        },
        "fastest": {
            # The manual has no lowest value. A Sentinel asks once a second, or as often as this if it is shorter
            # (SENTINEL_PING_PERIOD in sentinel.c): with less than a second, one late answer would be a fault.
            "down-after-milliseconds": 1000,
            # An attempt that failed is repeated after twice this time. An election may last 10 s, and no longer than this
            # (SENTINEL_ELECTION_TIMEOUT in sentinel.c): less would break off elections that go on.
            "failover-timeout": 10000,
            # Both replicas at once: the new primary takes writes only with one.
            "parallel-syncs": 2,
            "redis": {
                # "Example 2" of Sentinel's manual, which bounds what a primary acknowledges that nobody follows. Its lag
                # of 10 s is shortened to the one that Roost sets; replicas answer every second.
                "min-replicas-to-write": 1, "min-replicas-max-lag": 2,
                # As Roost's Redis: a write is on disk before it is acknowledged.
                "appendonly": "yes", "appendfsync": "always",
                # The wait before a replica gets all data, 5 s by default, would be part of an outage.
                "repl-diskless-sync-delay": 0,
            },
        },
    }

    @staticmethod
    def programs():
        # Debian's redis-sentinel is a link to this program.
        return {"redis-server": which("redis-server")}

    def prepare(self):
        ports = free_ports(MEMBERS + SENTINELS)
        self.redis, self.sentinels = ports[:MEMBERS], ports[MEMBERS:]
        program = self.programs()["redis-server"]
        for index, port in enumerate(self.redis):
            primary = self.redis[0] if index else None
            text = redis_configuration(self.values, port, self.make(f"redis-{index}"), self.password, primary)
            self.start(f"redis-{index}", program, str(self.write(f"redis-{index}.conf", text)))
        for index in range(MEMBERS):
            self.wait_for("Redis answers", lambda: self.role(index) is None)
        for index, port in enumerate(self.sentinels):
            text = sentinel_configuration(self.values, port, self.make(f"sentinel-{index}"), self.password, self.redis[0])
            self.start(f"sentinel-{index}", program, str(self.write(f"sentinel-{index}.conf", text)), "--sentinel")

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinels)
        return f"sentinel://default:{self.password}@{hosts}/{NAME}"

    # State

    def members(self):
        return [self.member(index) for index in range(MEMBERS)]

    def member(self, index):
        process = self.servers[f"redis-{index}"][0]
        if process.poll() is not None:
            return {"pid": None, "is_primary": False}
        return {"pid": process.pid, "is_primary": self.role(index)[0] == "master"}

    def role(self, index):
        return asked(f"redis://default:{self.password}@127.0.0.1:{self.redis[index]}", "ROLE")[0]

    def obstacle(self, members):
        primary = next(index for index, member in enumerate(members) if member["is_primary"])
        roles = [self.role(index) for index in range(MEMBERS)]
        views = [view(port) for port in self.sentinels]
        return why_not_followed(self.redis[primary], roles) or next(
            filter(None, (why_not_watched(self.redis[primary], *seen) for seen in views)), None)


def why_not_followed(primary, roles):
    """`roles`: each server's answer to ROLE."""
    replicas = [role for role in roles if role[0] == "slave"]
    following = [role for role in replicas if (role[2], role[3]) == (str(primary), "connected")]
    if len(following) != MEMBERS - 1:
        return f"{len(following)} replicas follow"
    sends_to = next(role for role in roles if role[0] == "master")[2]
    return None if len(sends_to) == MEMBERS - 1 else f"the primary sends to {len(sends_to)} replicas"


def why_not_watched(primary, master, replicas):
    """What a Sentinel knows of the primary and of its replicas. Before it knows all of this, it could not replace it."""
    found = {"port": master["port"], "flags": master["flags"], "others": master["num-other-sentinels"]}
    wanted = {"port": str(primary), "flags": "master", "others": str(SENTINELS - 1)}
    if found != wanted:
        return f"a sentinel sees {found} instead of {wanted}"
    ready = [
        replica for replica in replicas
        if (replica["flags"], replica["master-link-status"], replica["master-port"]) == ("slave", "ok", str(primary))
    ]
    return None if len(ready) == len(replicas) == MEMBERS - 1 else f"a sentinel sees {len(ready)} replicas that follow"


def view(port):
    master, replicas = asked(f"redis://127.0.0.1:{port}", f"SENTINEL MASTER {NAME}", f"SENTINEL REPLICAS {NAME}")
    return pairs(master), [pairs(replica) for replica in replicas]


def pairs(texts):
    return dict(zip(texts[::2], texts[1::2], strict=True))


def asked(url, *commands):
    client = Redis(urlsplit(url))
    try:
        return [client.ask(command) for command in commands]
    finally:
        client.close()


def redis_configuration(values, port, folder, password, primary):
    lines = [
        "bind 127.0.0.1", f"port {port}", f"dir {folder}", "daemonize no", f"requirepass {password}",
        f"masterauth {password}",
    ]
    if primary is not None:
        lines.append(f"replicaof 127.0.0.1 {primary}")
    lines += [f"{name} {value}" for name, value in values["redis"].items()]
    return "\n".join(lines) + "\n"


def sentinel_configuration(values, port, folder, password, primary):
    """The Sentinel writes to this file, too."""
    lines = [
        "bind 127.0.0.1", f"port {port}", f"dir {folder}", "daemonize no",
        f"sentinel monitor {NAME} 127.0.0.1 {primary} 2", f"sentinel auth-pass {NAME} {password}",
    ]
    lines += [
        f"sentinel {name} {NAME} {values[name]}"
        for name in ("down-after-milliseconds", "failover-timeout", "parallel-syncs")
    ]
    return "\n".join(lines) + "\n"
