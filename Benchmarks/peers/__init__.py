"""Groups of other makes, beside Roost's: how long writes are out after the same faults, under the same clients.

Each peer has two settings: `default`, its own defaults, and `fastest`, the fastest that lose no acknowledged write if one
server fails, as far as the peer can promise that.
"""

import os
import shutil

from outages import Kill, Load, Stop, any_moment, spread_of, whole_again, wholeness
from roost import say

from peers.mongodb import ReplicaSet
from peers.patroni import Patroni
from peers.sentinel import RedisSentinel

ROUNDS = int(os.environ.get("BENCH_PEER_ROUNDS", 10))
ARE_WANTED = os.environ.get("BENCH_PEERS", "1") != "0"
# The peer of each of Roost's engines.
PEERS = {"postgresql": Patroni, "redis": RedisSentinel, "mongodb": ReplicaSet}
# A write is waited for so long. The defaults take up to a minute.
PATIENCE = 180
# As in failover.py; a replaced Redis is a replica of the new primary only after some 20 s.
WHOLE_SECONDS = 60


def measure(type):
    """{peer: {setting: figures}} of the engine's peer; empty without one, and if peers are not wanted."""
    if not ARE_WANTED or type not in PEERS:
        return {}
    peer = PEERS[type]
    if lacking := missing(peer):
        say(f"failover: {peer.name} is not measured, {', '.join(lacking)} is missing: scripts/setup --tests --bench")
        return {peer.name: {"missing": lacking}}
    return {peer.name: {name: measured(peer, name, values) for name, values in peer.settings.items()}}


def missing(peer):
    return [name for name, path in peer.programs().items() if path is None or shutil.which(path) is None]


def measured(peer, name, values):
    """A peer that fails is reported as such, and the run goes on."""
    try:
        return measure_setting(peer, name, values)
    except Exception as error:
        say(f"failover: {peer.name} with the settings '{name}' failed: {error}")
        return {"failed": f"{type(error).__name__}: {error}", "settings": values}


def measure_setting(peer, name, values):
    with peer(values) as group, Load(peer.client, group.url) as load:
        told = {"settings": values, "programs": group.versions()}
        for fault in Kill(PATIENCE), Stop(PATIENCE):
            say(f"failover: {ROUNDS} rounds of {fault.name} of {peer.name} with the settings '{name}'")
            found = rounds(group, load, fault)
            told[fault.name] = figures(found) | {"lost": load.count_lost(fault.name, group.counting_url)}
        return told | load.told()


def rounds(group, load, fault):
    found = []
    # As with Roost's groups, the first does not count; and without a write in it, the others would have none either.
    for number in range(ROUNDS + 1):
        load.client.wait_for_more()
        any_moment()
        pid = group.primary_pid()
        result = fault.one_round(group, load.client, pid)
        result |= whole_again(group, load.writers, pid if fault.kind == "kill" else None, WHOLE_SECONDS)
        if number > 0 or result["ms"] is None:
            found.append(result)
        if number == 0 and result["ms"] is None:
            break
    return found


def figures(found):
    """A round without a write within PATIENCE counts as one of that length: its true length is not known."""
    without = sum(result["ms"] is None for result in found)
    values = [PATIENCE * 1000 if result["ms"] is None else result["ms"] for result in found]
    told = spread_of(values) | wholeness(found) | {"all": [round(value, 1) for value in values]}
    return told | ({"rounds_without_write": without, "waited_seconds": PATIENCE} if without else {})
