"""A run: one fault after the other, each with its outage, and checks in between."""

import signal
import time
from contextlib import contextmanager

from groups import NotWhole
from roost import say

from chaos import faults
from chaos.accounts import AcceptedLoss, most_that_may_be_lost, worst_outage
from chaos.checks import Checks

ROUNDS_BETWEEN_CHECKS = 10
# So long a group has to be whole again under its writers; then they are held until it is, and the round says so.
WHOLE_SECONDS, WHOLE_WITHOUT_WRITERS_SECONDS = 60, 240
RESUMED_SECONDS = 120
# Of everything in a round or a check. A call that never returns fails the run as well.
ROUND_SECONDS = 600
# Roost has noticed by then what it will do something about.
NOTICED_SECONDS = 1


class Late(Exception):
    pass


@contextmanager
def deadline(seconds, what):
    def ring(*_):
        raise Late(f"not within {seconds} s: {what}")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Run:
    def __init__(self, group, clients):
        self.group, self.clients = group, clients
        self.checks = Checks(group, clients)
        self.start = time.monotonic()
        self.rounds, self.losses = [], []

    def for_minutes(self, minutes, plan):
        self.clients.wait_resumed(self.start, RESUMED_SECONDS)
        end = self.start + 60 * minutes
        for round in plan:
            if time.monotonic() >= end:
                break
            with deadline(ROUND_SECONDS, f"round {round.number}, {round.fault}"):
                self.one_round(round)
            if round.number % ROUNDS_BETWEEN_CHECKS == 0:
                self.check()
        self.check()

    def check(self):
        with deadline(ROUND_SECONDS, "the check of rows, members, processes and files"):
            self.checks.run(self.losses)
            self.clients.wait_resumed(time.monotonic(), RESUMED_SECONDS)

    def one_round(self, round):
        group, clients = self.group, self.clients
        time.sleep(round.pause)
        group.wait_settled(WHOLE_SECONDS, None)
        inflicted = faults.FAULTS[round.fault](group, round)
        if inflicted.loses_until is not None:
            self.losses.append(AcceptedLoss(inflicted.at, inflicted.loses_until))
        time.sleep(NOTICED_SECONDS)
        is_held = self.wait_whole(inflicted)
        whole = time.monotonic()
        self.checks.epochs.note(group.state()[0])
        told = self.told(round, inflicted) | {
            "whole_seconds": to_thousandths(whole - inflicted.until), "is_held": is_held,
        }
        self.rounds.append(told)
        say(f"chaos: {line(told)}")
        if is_held:
            clients.go_on()
            clients.wait_resumed(whole, RESUMED_SECONDS)
        group.remove_taken_away()
        group.remove_snapshots()

    def wait_whole(self, inflicted):
        """Returns once every writer writes again and the group is whole; true if the writers had to be held for it."""
        self.clients.wait_resumed(inflicted.until, RESUMED_SECONDS)
        try:
            self.group.wait_settled(WHOLE_SECONDS, inflicted.without)
            # Until here every writer was free to write, and the outage is what it saw.
            self.clients.wait_resumed(time.monotonic(), RESUMED_SECONDS)
            return False
        except NotWhole as error:
            say(f"chaos: the writers are held: {str(error).splitlines()[0]}")
        self.clients.wait_resumed(time.monotonic(), RESUMED_SECONDS)
        self.clients.hold()
        self.group.wait_settled(WHOLE_WITHOUT_WRITERS_SECONDS, inflicted.without)
        return True

    def told(self, round, inflicted):
        writers = worst_outage([account.times for account in self.clients.writers], inflicted.at)
        reader = worst_outage([self.clients.reads], inflicted.at)
        return {
            "number": round.number, "fault": round.fault, "at_seconds": self.moment(inflicted.at),
            "outage_ms": milliseconds(writers),
            "last_before_seconds": writers and self.moment(writers.start),
            "first_after_seconds": writers and self.moment(writers.end),
            "read_outage_ms": milliseconds(reader),
            "note": inflicted.note,
        }

    def moment(self, time):
        """Seconds of the run."""
        return to_thousandths(time - self.start)

    def figures(self):
        """For the report, also of a run that failed."""
        times = [account.times for account in self.clients.writers]
        reader = {key: self.clients.reader.get(key) for key in ("forgotten", "errors", "last_error")}
        return {
            "seconds": self.moment(time.monotonic()),
            "rows": {
                "acknowledged": sum(len(of) for of in times), "lost": len(self.checks.lost),
                "may_be_lost": most_that_may_be_lost(times, self.losses),
            },
            "writers_saw_errors": sum(account.errors for account in self.clients.writers),
            "reader": reader | {"reads": len(self.clients.reads)},
            "checks": self.checks.count, "rounds": self.rounds,
        }


def milliseconds(outage):
    return outage and to_thousandths(outage.milliseconds)


def to_thousandths(value):
    return float(f"{value:.3f}")


def line(told):
    outage = "no outage" if told["outage_ms"] is None else f"outage {told['outage_ms']:.1f} ms"
    note = f" ({told['note'].splitlines()[0]})" if told["note"] else ""
    return f"round {told['number']}: {told['fault']}, {outage}, whole after {told['whole_seconds']:.1f} s{note}"
