"""PostgreSQL under Patroni, with etcd, behind HAProxy.

One etcd, because no fault is etcd's: a second and third would only take processor time. Patroni's watchdog is off: it would
restart the machine.
"""

import json
import signal
import urllib.request
from pathlib import Path
from shutil import which

from outages import MEMBERS

from peers.shared import Peer, end, free_ports, is_alive, listens

BINARIES = Path("/usr/lib/postgresql")
SCOPE = "roost-peer"
ANSWER_SECONDS = 3


class Patroni(Peer):
    name, client = "patroni", "postgresql"
    settings = {
        "default": {
            # Patroni 3.0's built-in values (patroni/config.py).
            "ttl": 30, "loop_wait": 10, "retry_timeout": 10, "primary_start_timeout": 300, "synchronous_mode": False,
            # HAProxy as in Patroni's own examples/haproxy.cfg. HAProxy's `retries` are a second apart.
            "haproxy_inter": "3s", "haproxy_fall": 3, "haproxy_rise": 2, "haproxy_check": "5s", "haproxy_retries": 2,
        },
        "fastest": {
            # The lowest values that Patroni's manual allows ("Dynamic Configuration Settings"; it also asks for
            # loop_wait + 2 * retry_timeout <= ttl).
            "ttl": 20, "loop_wait": 1, "retry_timeout": 3,
            # The same page: with 0 a crashed primary is replaced at once and not started again.
            "primary_start_timeout": 0,
            # "Replication modes" in the manual: only a standby that has every acknowledged commit is promoted. As with
            # Roost's `durability: sync`, commits go on without a standby, so not synchronous_mode_strict.
            "synchronous_mode": True,
            # HAProxy's manual has no lowest value. Three members' answers, five times a second, take some percent of a
            # core. A single late answer ends no session. The client itself tries again.
            "haproxy_inter": "200ms", "haproxy_fall": 2, "haproxy_rise": 1, "haproxy_check": "1s", "haproxy_retries": 0,
        },
    }

    @staticmethod
    def programs():
        return {
            "patroni": which("patroni"), "etcd": which("etcd"), "haproxy": which("haproxy") or "/usr/sbin/haproxy",
            "postgres": str(binaries() / "postgres"),
        }

    def prepare(self):
        ports = free_ports(3 + 2 * MEMBERS)
        self.etcd, self.etcd_peer, self.proxy = ports[:3]
        self.postgres, self.rest = ports[3:3 + MEMBERS], ports[3 + MEMBERS:]
        self.start_etcd()
        for index in range(MEMBERS):
            configuration = self.write(f"patroni-{index}.yml", json.dumps(self.member_configuration(index), indent=2))
            self.start(f"patroni-{index}", self.programs()["patroni"], str(configuration))
            # The first makes the cluster, and the others copy it.
            self.wait_for("PostgreSQL runs", lambda: listens(self.postgres[index]))
        proxy = self.write("haproxy.cfg", proxy_configuration(self.values, self.proxy, self.postgres, self.rest))
        self.start("haproxy", self.programs()["haproxy"], "-db", "-f", str(proxy))
        self.wait_for("HAProxy leads to the primary", lambda: self.is_replica(self.proxy) and "a replica")

    def start_etcd(self):
        client, peer = f"http://127.0.0.1:{self.etcd}", f"http://127.0.0.1:{self.etcd_peer}"
        self.start(
            "etcd", self.programs()["etcd"], "--name", "etcd", "--data-dir", str(self.make("etcd")),
            "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"etcd={peer}", "--log-level", "warn")
        self.wait_for("etcd is healthy", lambda: None if asked(self.etcd, "health")["health"] == "true" else "not healthy")

    def member_configuration(self, index):
        # Patroni makes the data directory, in a folder that is its user's.
        folder = self.make(f"member-{index}")
        return member_configuration(
            self.values, index, folder, self.password, (self.etcd, self.rest[index], self.postgres[index]))

    @property
    def url(self):
        return self.url_of(self.proxy)

    @property
    def counting_url(self):
        return self.url_of(next(port for port in self.postgres if not self.is_replica(port)))

    def url_of(self, port):
        return f"postgresql://postgres:{self.password}@127.0.0.1:{port}/postgres"

    def stop(self):
        processes = [self.postmaster(index) for index in range(MEMBERS)]
        super().stop()
        for pid in filter(None, processes):
            # An immediate shutdown removes the server's shared memory, which SIGKILL leaves behind.
            end(pid, signal.SIGQUIT)

    # State

    def members(self):
        return [self.member(index) for index in range(MEMBERS)]

    def member(self, index):
        pid = self.postmaster(index)
        return {"pid": pid, "is_primary": pid is not None and not self.is_replica(self.postgres[index])}

    def postmaster(self, index):
        """The main process; nothing if it does not run."""
        file = self.data(index) / "postmaster.pid"
        try:
            pid = int(file.read_text().split()[0])
            # The file of a killed server stays, and its number may be another's.
            return pid if is_alive(pid) and Path(f"/proc/{pid}/cwd").readlink() == self.data(index) else None
        except (OSError, ValueError, IndexError):
            return None

    def data(self, index):
        return self.folder / f"member-{index}" / "data"

    def is_replica(self, port):
        return self.value(port, "select pg_is_in_recovery()")

    def value(self, port, question):
        import psycopg as driver

        with driver.connect(self.url_of(port), connect_timeout=ANSWER_SECONDS) as connection:
            return connection.execute(question).fetchone()[0]

    def obstacle(self, members):
        primary = next(index for index, member in enumerate(members) if member["is_primary"])
        streaming = self.value(
            self.postgres[primary], "select count(*) from pg_stat_replication where state = 'streaming'")
        return why_not_followed(streaming, asked(self.rest[primary], "cluster"), self.values["synchronous_mode"])


def why_not_followed(streaming, cluster, is_synchronous):
    """`streaming`: replicas that the primary sends to. `cluster`: Patroni's answer about all members."""
    if streaming != MEMBERS - 1:
        return f"{streaming} replicas stream"
    roles = sorted(member["role"] for member in cluster["members"])
    wanted = ["leader", "replica", "sync_standby"] if is_synchronous else ["leader", "replica", "replica"]
    return None if roles == wanted else f"for Patroni the members are {', '.join(roles)}"


def member_configuration(values, index, folder, password, ports):
    """Patroni reads YAML, and JSON is YAML, too. `ports`: of etcd, of Patroni's API and of PostgreSQL."""
    etcd, rest, postgres = (f"127.0.0.1:{port}" for port in ports)
    names = ("ttl", "loop_wait", "retry_timeout", "primary_start_timeout", "synchronous_mode")
    return {
        "scope": SCOPE,
        "name": f"member{index}",
        "restapi": {"listen": rest, "connect_address": rest},
        "etcd3": {"host": etcd},
        "watchdog": {"mode": "off"},
        "bootstrap": {
            # A replaced primary becomes a replica by pg_rewind, which needs checksums or hints in the log.
            "dcs": {name: values[name] for name in names} | {"postgresql": {"use_pg_rewind": True}},
            "initdb": [{"encoding": "UTF8"}, "data-checksums"],
        },
        "postgresql": {
            "listen": postgres,
            "connect_address": postgres,
            "data_dir": str(folder / "data"),
            "bin_dir": str(binaries()),
            "pgpass": str(folder / "pgpass"),
            "parameters": {"unix_socket_directories": str(folder)},
            "pg_hba": [
                "local all all scram-sha-256", "host all all 127.0.0.1/32 scram-sha-256",
                "host replication all 127.0.0.1/32 scram-sha-256",
            ],
            "authentication": {
                "superuser": {"username": "postgres", "password": password},
                "replication": {"username": "replicator", "password": password},
            },
        },
    }


def proxy_configuration(values, port, postgres, rest):
    """Patroni's example: the member whose Patroni says that it is the primary."""
    lines = [
        "global", "    maxconn 100", "defaults", "    mode tcp", f"    retries {values['haproxy_retries']}",
        "    timeout client 30m", "    timeout connect 4s", "    timeout server 30m",
        f"    timeout check {values['haproxy_check']}",
        "listen postgresql", f"    bind 127.0.0.1:{port}", "    option httpchk OPTIONS /primary",
        "    http-check expect status 200",
        f"    default-server inter {values['haproxy_inter']} fall {values['haproxy_fall']} rise {values['haproxy_rise']}"
        " on-marked-down shutdown-sessions",
    ]
    lines += [
        f"    server member{index} 127.0.0.1:{server} maxconn 100 check port {check}"
        for index, (server, check) in enumerate(zip(postgres, rest, strict=True))
    ]
    return "\n".join(lines) + "\n"


def asked(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=ANSWER_SECONDS) as answer:
        return json.loads(answer.read())


def binaries():
    """Of the newest release that this machine's packages have."""
    found = [path.parent for path in BINARIES.glob("*/bin/postgres")]
    return max(found, key=lambda path: float(path.parent.name), default=BINARIES)
