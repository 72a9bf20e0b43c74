"""Which fault comes when. All of it follows from the seed."""

from dataclasses import dataclass
from random import Random

# In the order of the picture's legend.
FAULTS = {
    "kill": "SIGKILL of the primary",
    "kill_roostd": "SIGKILL of the primary, then of roostd",
    "kill_router": "SIGKILL of the primary, then of the router",
    "lost": "SIGKILL of the primary, data directory gone",
    "stop": "SIGSTOP of the primary",
    "promote": "planned switchover",
    "promote_roostd": "SIGKILL of roostd during a switchover",
    "replica_kill": "SIGKILL of a replica",
    "replica_stop": "SIGSTOP of a replica",
    "replicas_stop": "SIGSTOP of all replicas",
    "resync": "new data for a replica",
    "scale": "scaled up or down, and back",
    "roostd": "SIGKILL of roostd",
    "router": "SIGKILL of the router",
    "full": "full disk",
    "cold": "SIGKILL of all processes at once",
}


def parsed(text):
    """The faults of a list such as `kill,stop`; all if it is empty. Raises ValueError for an unknown one."""
    names = [name for name in text.replace(" ", "").split(",") if name]
    for name in names:
        if name not in FAULTS:
            raise ValueError(f"unknown fault '{name}'; available: {', '.join(FAULTS)}")
    return list(dict.fromkeys(names)) or list(FAULTS)


@dataclass(frozen=True)
class Round:
    number: int
    fault: str
    pause: float  # seconds before the fault: it comes at any moment of the writers' work
    delay: float  # seconds between the two faults of a pair
    pick: float  # from 0 to 1, for what can be chosen only then: a replica, a number of seconds

    def choice(self, items):
        return items[int(self.pick * len(items))]


def rounds(seed, faults):
    """Without end. Each fault comes once before any comes again."""
    random = Random(seed)
    number = 0
    while True:
        bag = list(faults)
        random.shuffle(bag)
        for fault in bag:
            number += 1
            yield Round(number, fault, random.uniform(0.2, 1.5), random.uniform(0, 0.5), random.random())
