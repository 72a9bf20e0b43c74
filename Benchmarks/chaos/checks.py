"""What has to hold between two faults and at the end. Each check raises Broken with what it found."""

import os
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

from groups import APPLICATION, SERVICE
from ledger import CLIENTS, dropped
from leftovers import processes
from outages import tree
from roost import PROGRAMS

from chaos.accounts import missing_numbers, ranges

VERIFIED = {"mariadb", "mysql", "postgresql"}
EQUAL_SECONDS = 60
LEFT_SECONDS = 60
COMPARISONS = 3


class Broken(RuntimeError):
    """A promise that was not kept."""


class Checks:
    def __init__(self, group, clients):
        self.group, self.clients = group, clients
        self.epochs = Epochs()
        self.lost = {}  # (writer, number): when it was acknowledged
        self.count = 0

    def run(self, losses):
        """On a whole group, with the writers held."""
        self.clients.hold()
        time.sleep(0.3)  # a write under way may end; one that does not is acknowledged later, and checked the next time
        self.clients.hear()
        self.rows_are_there(losses)
        self.sessions_saw_their_writes()
        members_are_equal(self.group, self.clients)
        replicas_take_no_writes(self.group, len(self.clients.writers) + 1)
        nothing_is_left(self.group)
        self.count += 1
        self.clients.go_on()

    def rows_are_there(self, losses):
        client = connected(self.group, self.group.url)
        try:
            for index, account in enumerate(self.clients.writers):
                self.lost |= missing_rows(client, index, account, self.lost)
        finally:
            dropped(client)
        unexplained = [
            row for row, moment in self.lost.items() if not any(loss.covers(moment) for loss in losses)
        ]
        if unexplained:
            some = ", ".join(f"{number} of writer {writer}" for writer, number in unexplained[:10])
            raise Broken(f"{len(unexplained)} acknowledged rows are not there, and no loss was accepted: {some}")

    def sessions_saw_their_writes(self):
        for index, account in enumerate(self.clients.writers):
            if account.unread:
                raise Broken(f"writer {index} did not see its own rows: {account.unread[:10]}")
        if forgotten := self.clients.reader.get("forgotten"):
            raise Broken(f"the read endpoint lacked a row of before the first fault {forgotten} times")


def missing_rows(client, index, account, known):
    moments = dict(zip(account.numbers, account.times))
    numbers = [number for number in account.numbers if (index, number) not in known]
    return {
        (index, number): moments[number]
        for first, last in ranges(numbers)
        for number in missing_numbers(lambda first, last: client.count(index, first, last), first, last)
    }


def connected(group, url):
    return CLIENTS[group.engine.type](urlsplit(url))


class Epochs:
    """Each epoch has one primary, and no earlier epoch comes back."""

    def __init__(self):
        self.last, self.primary = 0, None

    def note(self, state):
        primaries = [member["name"] for member in state["instances"] if member["role"] == "primary"]
        if len(primaries) != 1:
            raise Broken(f"the group has {len(primaries)} primaries: {primaries}")
        epoch, primary = state["epoch"], primaries[0]
        if epoch < self.last:
            raise Broken(f"epoch {epoch} came after epoch {self.last}")
        if epoch == self.last and primary != self.primary:
            raise Broken(f"in epoch {epoch} first {self.primary} and then {primary} was the primary")
        self.last, self.primary = epoch, primary


def members_are_equal(group, clients):
    if group.engine.type in VERIFIED:
        verify(group)
    else:
        group.wait_for("the members have the same rows", lambda: have_same_rows(group, clients), EQUAL_SECONDS)


def verify(group):
    """A replica that has just joined may not be compared yet; a difference stays one."""
    for _ in range(COMPARISONS):
        done = subprocess.run(
            [PROGRAMS / "roost", "replication", "verify", SERVICE, "-A", APPLICATION], env=group.environment,
            cwd=group.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )
        if done.returncode == 0:
            return
        time.sleep(1)
    raise Broken(f"roost replication verify {SERVICE} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def have_same_rows(group, clients):
    """As the number of rows of each writer."""
    counts = [list(counted(group, group.member_url(member), clients)) for member in group.members()]
    return all(rows == counts[0] for rows in counts)


def counted(group, url, clients):
    client = connected(group, url)
    try:
        for index, account in enumerate(clients.writers):
            # With those after the last that was acknowledged: they may be there, and then are everywhere.
            yield client.count(index, 1, account.numbers[-1] + 1000 if account.numbers else 1)
    finally:
        dropped(client)


def replicas_take_no_writes(group, writer):
    for replica in group.replicas():
        client = connected(group, group.member_url(replica))
        try:
            client.count(writer, 1, 1)
            try:
                client.write(writer, 1)
            except Exception:  # each driver has its own kinds
                continue
            raise Broken(f"the replica {replica['name']} took a write")
        finally:
            dropped(client)


def nothing_is_left(group):
    found = []

    def is_clear():
        found[:] = stray_processes(group) + stray_files(group)
        return not found

    try:
        group.wait_for("nothing is left", is_clear, LEFT_SECONDS)
    except RuntimeError as error:
        raise Broken(f"left behind: {', '.join(found)}") from error


def stray_processes(group):
    """Servers that work for an instance and belong to no member."""
    owned = {pid for member in group.members() if member["pid"] for pid in tree(member["pid"])}
    return [
        f"process {pid} ({text[:100]})" for pid, text in processes(group.folder)
        if pid not in owned and is_server(pid, text)
    ]


def is_server(pid, text):
    """Whether a process names or works in an instance's folder, and is none of Roost's own programs."""
    try:
        is_of_roost = Path(f"/proc/{pid}/comm").read_text().startswith("roost")
        place = os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return False  # it ended meanwhile
    return not is_of_roost and f"/instances/{APPLICATION}/" in f"{text} {place}/"


def stray_files(group):
    names = {member["name"] for member in group.members()}
    found = [str(path) for path in group.instances.iterdir() if path.name not in names]
    for folder in (group.home / "scratch", group.pool / "scratch"):
        if folder.is_dir():
            found += [f"{folder}/{name}" for name in os.listdir(folder)]
    return found
