"""The faults, by the names of `plan.FAULTS`. Each is a function of group and round that returns when the fault is over:
servers that were stopped go on, roostd runs again, and the rest is left to Roost."""

import errno
import os
import signal
import time

from groups import APPLICATION, PATH, SERVICE
from outages import go_on, tree

from chaos.group import MEMBERS

MIB = 1 << 20


class Inflicted:
    """`at`: when the fault began. `until`: when it was over. `without`: the process that has to be replaced before the
    group is whole. `loses_until`: where a loss is accepted, the moment after which the old primary acknowledged
    nothing any more. `note`: what a person should know of it."""

    def __init__(self, without=None):
        self.at, self.until = time.monotonic(), None
        self.without, self.loses_until, self.note = without, None, None

    def may_lose(self):
        self.loses_until = time.monotonic()

    def is_over(self):
        self.until = time.monotonic()
        return self


# The primary


def kill_primary(group):
    pid = group.primary()["pid"]
    inflicted = Inflicted(pid)
    os.kill(pid, signal.SIGKILL)
    return inflicted


def kill(group, round):
    return kill_primary(group).is_over()


def kill_roostd(group, round):
    inflicted = kill_primary(group)
    time.sleep(round.delay)
    restart_daemon(group)
    return inflicted.is_over()


def kill_router(group, round):
    inflicted = kill_primary(group)
    time.sleep(round.delay)
    restart_router(group)
    return inflicted.is_over()


def lost(group, round):
    primary = group.primary()
    inflicted = Inflicted(primary["pid"])
    os.kill(primary["pid"], signal.SIGKILL)
    group.take_away(primary, round.number)
    if group.is_lossy:
        inflicted.may_lose()
        group.force_failover()
    return inflicted.is_over()


def stop(group, round):
    pid = group.primary()["pid"]
    inflicted = Inflicted(pid)
    with Stopped(tree(pid)):
        if group.is_lossy:
            inflicted.may_lose()
            group.force_failover()
        group.wait_replaced(pid)
    if group.elects:
        # Its server goes on as a member; nobody has to replace the process.
        inflicted.without = None
    return inflicted.is_over()


def promote(group, round):
    target = index_of(round.choice(group.replicas()))
    inflicted = Inflicted()
    try:
        group.api.ask("POST", f"{PATH}/promote?wait=ready", {"instance": target})
    except RuntimeError as error:
        # A replica that does not hold all writes within the drain leaves the primary where it is.
        inflicted.note = f"refused: {error}"
    return inflicted.is_over()


def promote_roostd(group, round):
    target = round.choice(group.replicas())["name"]
    inflicted = Inflicted()
    group.roost("promote", target, "-A", APPLICATION, "--no-wait")
    time.sleep(round.delay)
    restart_daemon(group)
    return inflicted.is_over()


# Replicas


def replica_kill(group, round):
    pid = round.choice(group.replicas())["pid"]
    inflicted = Inflicted(pid)
    os.kill(pid, signal.SIGKILL)
    return inflicted.is_over()


def replica_stop(group, round):
    return stop_members([round.choice(group.replicas())], 1 + 5 * round.pick)


def replicas_stop(group, round):
    """Longer than commits wait before the primary goes on alone."""
    return stop_members(group.replicas(), 3 + 2 * round.pick)


def stop_members(members, seconds):
    inflicted = Inflicted()
    with Stopped([pid for member in members for pid in tree(member["pid"])]):
        time.sleep(seconds)
    return inflicted.is_over()


def resync(group, round):
    index = index_of(round.choice(group.replicas()))
    inflicted = Inflicted()
    group.api.ask("POST", f"{PATH}/resync?wait=ready", {"instance": index})
    return inflicted.is_over()


def scale(group, round):
    inflicted = Inflicted()
    step = 2 if group.elects else 1
    group.scale(round.choice([MEMBERS - step, MEMBERS + step]))
    group.scale(MEMBERS)
    return inflicted.is_over()


# Roost and the machine


def roostd(group, round):
    inflicted = Inflicted()
    restart_daemon(group)
    return inflicted.is_over()


def router(group, round):
    inflicted = Inflicted()
    restart_router(group)
    return inflicted.is_over()


def full(group, round):
    inflicted = Inflicted()
    path = group.pool / "filler"
    try:
        fill(path)
        time.sleep(2 + 3 * round.pick)
    finally:
        path.unlink(missing_ok=True)
    return inflicted.is_over()


def cold(group, round):
    pid = group.primary()["pid"]
    inflicted = Inflicted(pid)
    group.kill_everything()
    group.start_daemon()
    return inflicted.is_over()


FAULTS = {
    "kill": kill, "kill_roostd": kill_roostd, "kill_router": kill_router, "lost": lost, "stop": stop,
    "promote": promote, "promote_roostd": promote_roostd,
    "replica_kill": replica_kill, "replica_stop": replica_stop, "replicas_stop": replicas_stop, "resync": resync,
    "scale": scale, "roostd": roostd, "router": router, "full": full, "cold": cold,
}


def restart_daemon(group):
    group.kill_daemon()
    group.start_daemon()


def restart_router(group):
    group.wait_for_router(group.kill_router())


def index_of(member):
    return int(member["name"].removeprefix(f"{SERVICE}."))


def fill(path):
    """The blocks of a file system are not all for files: what cannot be reserved is left."""
    figures = os.statvfs(path.parent)
    free = figures.f_bavail * figures.f_frsize
    with open(path, "wb") as file:
        for left in (2 * MIB, 16 * MIB, 64 * MIB, 256 * MIB):
            try:
                return os.posix_fallocate(file.fileno(), 0, max(free - left, MIB))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    raise RuntimeError(f"{path} cannot be filled")


class Stopped:
    """SIGSTOP of processes; at the end they go on, if they are still there."""

    def __init__(self, pids):
        self.pids = pids

    def __enter__(self):
        for pid in self.pids:
            try:
                os.kill(pid, signal.SIGSTOP)
            except ProcessLookupError:
                pass  # a worker that ended meanwhile

    def __exit__(self, kind, error, trace):
        for pid in self.pids:
            go_on(pid)
