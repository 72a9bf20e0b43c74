"""Tests of what needs no server: `PYTHONPATH=Benchmarks python3 -B -m unittest chaos.tests`. `make check` runs them."""

import io
import time
import unittest
import xml.etree.ElementTree as XML
from contextlib import redirect_stderr
from itertools import islice
from unittest.mock import patch

from groups import NotWhole

from chaos import accounts, arguments, faults, picture, plan, report
from chaos.checks import Broken, Epochs, missing_rows
from chaos.clients import Account, ReadingBack
from chaos.group import member_address
from chaos.run import Run


class PlanTests(unittest.TestCase):
    def test_a_run_follows_from_its_seed(self):
        first, again, other = (list(islice(plan.rounds(seed, list(plan.FAULTS)), 40)) for seed in (7, 7, 8))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_each_fault_comes_before_any_comes_again(self):
        names = list(plan.FAULTS)
        drawn = [round.fault for round in islice(plan.rounds(1, names), 2 * len(names))]
        self.assertEqual(sorted(drawn[:len(names)]), sorted(names))
        self.assertEqual(sorted(drawn[len(names):]), sorted(names))

    def test_a_choice_is_one_of_the_items(self):
        for pick, item in ((0, "a"), (0.32, "a"), (0.34, "b"), (0.999, "c")):
            self.assertEqual(plan.Round(1, "kill", 0, 0, pick).choice("abc"), item)

    def test_faults_are_named(self):
        for text, names in (
            ("", list(plan.FAULTS)), ("kill", ["kill"]), ("stop, kill,stop", ["stop", "kill"]),
        ):
            self.assertEqual(plan.parsed(text), names)
        with self.assertRaisesRegex(ValueError, "unknown fault 'boom'; available: kill,"):
            plan.parsed("kill,boom")

    def test_every_fault_can_be_inflicted_and_drawn(self):
        self.assertEqual(list(faults.FAULTS), list(plan.FAULTS))
        self.assertEqual(list(picture.COLOUR_OF), list(plan.FAULTS))
        self.assertEqual(len(set(picture.COLOURS)), len(picture.COLOURS))

    def test_wrong_arguments_are_refused(self):
        self.assertEqual(arguments.parsed(["--engine", "redis", "--faults", "kill"]).faults, ["kill"])
        wrong = ("redis --minutes 0", "redis --minutes nan", "redis --minutes 9999", "oracle", "redis --faults boom")
        for words in wrong:
            with self.subTest(words), self.assertRaises(SystemExit), redirect_stderr(io.StringIO()):
                arguments.parsed(["--engine", *words.split()])


class AccountTests(unittest.TestCase):
    def test_an_outage_begins_with_the_last_acknowledgement_before_the_fault(self):
        times = [1.0, 2.0, 2.1, 2.2, 5.0, 5.1]
        for since, expected in (
            (2.3, (2.2, 5.0)), (2.15, (2.2, 5.0)), (1.5, (2.2, 5.0)), (0.5, (2.2, 5.0)),
            (5.05, (5.0, 5.1)), (5.2, None),
        ):
            with self.subTest(since=since):
                found = accounts.longest_gap(times, since)
                self.assertEqual(found and (found.start, found.end), expected)

    def test_nothing_is_no_outage(self):
        self.assertIsNone(accounts.longest_gap([], 0))
        self.assertIsNone(accounts.longest_gap([1.0], 0))
        self.assertIsNone(accounts.worst_outage([[], [1.0]], 0))

    def test_the_writer_that_waited_longest_counts(self):
        self.assertEqual(accounts.worst_outage([[1, 2], [1, 4], [1, 3]], 0.5), accounts.Outage(1, 4))
        self.assertEqual(accounts.Outage(1, 1.25).milliseconds, 250)

    def test_numbers_that_follow_each_other_are_a_range(self):
        self.assertEqual(accounts.ranges([]), [])
        self.assertEqual(accounts.ranges([1, 2, 3, 5, 7, 8]), [[1, 3], [5, 5], [7, 8]])

    def test_missing_numbers_are_found(self):
        for gone in ([], [1], [100], [17, 18, 64], list(range(1, 101))):
            there = set(range(1, 101)) - set(gone)
            count = lambda first, last: sum(1 for number in there if first <= number <= last)  # noqa: E731
            self.assertEqual(accounts.missing_numbers(count, 1, 100), gone)

    def test_an_accepted_loss_covers_the_last_seconds(self):
        loss = accounts.AcceptedLoss(at=100, until=100.5)
        moments = [96.9, 97, 99, 100.4, 100.6]
        self.assertEqual([loss.covers(moment) for moment in moments], [False, True, True, True, False])
        self.assertEqual(accounts.most_that_may_be_lost([moments, [50, 98]], [loss]), 4)
        self.assertEqual(accounts.most_that_may_be_lost([moments], []), 0)


class Table:
    """A client of a table that holds some rows."""

    def __init__(self, rows):
        self.rows = set(rows)

    def write(self, writer, number):
        self.rows.add((writer, number))

    def count(self, writer, first, last):
        return sum(1 for of, number in self.rows if of == writer and first <= number <= last)


class ClientTests(unittest.TestCase):
    def test_lost_rows_are_told_once(self):
        account = Account()
        account.take({"rows": [[1, 10.0], [2, 11.0], [4, 12.0]], "unread": [], "errors": 1, "last_error": "cut"})
        table = Table([(3, 1), (3, 3), (3, 4), (5, 2)])
        lost = missing_rows(table, 3, account, {})
        self.assertEqual(lost, {(3, 2): 11.0})
        self.assertEqual(missing_rows(table, 3, account, lost), {})

    def test_a_session_that_does_not_see_its_row_is_noted(self):
        unread, table = [], Table([])
        session = ReadingBack(table, unread)
        for number in range(1, 42):
            session.write(0, number)
            if number == 40:
                table.rows.remove((0, 40))
        self.assertEqual(unread, [40])

    def test_a_member_is_reached_at_its_own_port(self):
        for type, url, expected in (
            ("redis", "redis://default:a%40b@127.0.0.1:4000/0", "redis://default:a%40b@127.0.0.1:4007/0"),
            (
                "mongodb", "mongodb://root:p@127.0.0.1:4001,127.0.0.1:4002/data?replicaSet=x",
                "mongodb://root:p@127.0.0.1:4007/data?directConnection=true&authSource=admin"
                "&readPreference=secondaryPreferred&retryWrites=false",
            ),
        ):
            self.assertEqual(member_address(url, type, 4007), expected)


class EpochTests(unittest.TestCase):
    def test_an_epoch_has_one_primary_and_does_not_come_back(self):
        def state(epoch, *roles):
            return {"epoch": epoch, "instances": [{"name": f"data.{i}", "role": role} for i, role in enumerate(roles)]}

        first, second = ("primary", "replica"), ("replica", "primary")
        for states, words in (
            ([state(1, *first), state(1, *first), state(2, *second), state(3, *second)], None),
            ([state(1, *first), state(1, *second)], "in epoch 1 first data.0 and then data.1"),
            ([state(2, *first), state(1, *first)], "epoch 1 came after epoch 2"),
            ([state(1, "primary", "primary")], "2 primaries"),
            ([state(1, "replica", "replica")], "0 primaries"),
        ):
            with self.subTest(words):
                epochs = Epochs()
                for before in states[:-1]:
                    epochs.note(before)
                if words is None:
                    epochs.note(states[-1])
                else:
                    with self.assertRaisesRegex(Broken, words):
                        epochs.note(states[-1])


class PlayedGroup:
    """A group that gets whole again under its writers, or only without them."""

    def __init__(self, clients, needs_rest):
        self.clients, self.needs_rest = clients, needs_rest

    def wait_settled(self, seconds, without):
        if without and self.needs_rest and not self.clients.is_held:
            raise NotWhole("not within 60 s: the group is whole")

    def state(self):
        return {"epoch": 1, "instances": [{"name": "data.0", "role": "primary"}]}, True

    def remove_taken_away(self):
        pass

    remove_snapshots = remove_taken_away


class PlayedClients:
    def __init__(self):
        self.is_held, self.reads, self.writers = False, [], [Account()]

    def wait_resumed(self, since, seconds):
        assert not self.is_held, "writers that are held cannot write"
        self.writers[0].times.append(time.monotonic())

    def hold(self):
        self.is_held = True

    def go_on(self):
        self.is_held = False


class RunTests(unittest.TestCase):
    def played(self, needs_rest, loses):
        def fault(group, round):
            inflicted = faults.Inflicted(without=17)
            if loses:
                inflicted.may_lose()
            return inflicted.is_over()

        clients = PlayedClients()
        run = Run(PlayedGroup(clients, needs_rest), clients)
        with patch("chaos.run.time.sleep"), patch.dict(faults.FAULTS, kill=fault), redirect_stderr(io.StringIO()):
            run.one_round(plan.Round(1, "kill", 1, 0, 0))
        self.assertFalse(clients.is_held)
        return run

    def test_a_group_that_is_whole_only_without_its_writers_is_noted(self):
        for needs_rest in (False, True):
            told = self.played(needs_rest, loses=False).rounds[0]
            self.assertEqual(told["is_held"], needs_rest)
            self.assertIsNotNone(told["outage_ms"])

    def test_an_accepted_loss_is_kept_for_the_checks(self):
        self.assertEqual(len(self.played(False, loses=True).losses), 1)
        self.assertEqual(self.played(False, loses=False).losses, [])


def round(number, fault, at, outage):
    return {
        "number": number, "fault": fault, "at_seconds": at, "outage_ms": outage, "read_outage_ms": None,
        "whole_seconds": 1.5, "is_held": False, "note": "refused: <busy>" if fault == "promote" else None,
    }


def sample(rounds):
    return report.document({
        "engine": "redis", "result": "passed", "failure": None, "seed": 7, "instances": 3, "writers": 8,
        "rows": {"acknowledged": 1234, "lost": 2, "may_be_lost": 90}, "rounds": rounds,
    })


class ReportTests(unittest.TestCase):
    rounds = [
        round(1, "kill", 1, 40.0), round(2, "promote", 70, 0.4), round(3, "kill", 130, 2000.0),
        round(4, "cold", 140, None),
    ]

    def test_outages_are_told_by_fault(self):
        told = sample(self.rounds)
        self.assertEqual(list(told["faults"]), ["kill", "promote", "cold"])
        self.assertEqual(told["faults"]["kill"]["outage_ms"], {"p50": 1020.0, "p99": 2000.0, "max": 2000.0})
        self.assertEqual((told["faults"]["kill"]["noted"], told["faults"]["promote"]["noted"]), (0, 1))
        self.assertEqual(told["faults"]["cold"]["outage_ms"]["p50"], None)
        self.assertEqual(list(told)[-1], "rounds")
        self.assertIn("1234 rows acknowledged, 2 lost (at most 90 may be)", next(report.summary(told)))

    def test_each_outage_is_a_bar_within_the_plot(self):
        drawing = XML.fromstring(picture.drawn(sample(self.rounds)))
        bars = [element for element in drawing if len(element)]
        self.assertEqual(len(bars), 3)
        base = picture.TOP + picture.PLOT_HEIGHT
        for bar in bars:
            self.assertGreaterEqual(float(bar.get("y")), picture.TOP)
            self.assertLessEqual(float(bar.get("x")), picture.WIDTH)
            self.assertLessEqual(float(bar.get("y")) + float(bar.get("height")), base + 1)
        self.assertEqual(bars[0].get("fill"), bars[2].get("fill"))
        self.assertNotEqual(bars[0].get("fill"), bars[1].get("fill"))

    def test_the_scale_is_logarithmic(self):
        scale = picture.Scale(10, 1000)
        self.assertEqual(scale.lines(), [1, 10, 100, 1000])
        self.assertAlmostEqual(scale.y(1) - scale.y(10), scale.y(100) - scale.y(1000))

    def test_a_run_that_broke_off_at_once_has_a_picture(self):
        XML.fromstring(picture.drawn(sample([])))
        for seconds in (0.5, 59, 601, 86400):
            self.assertLessEqual(len(picture.ticks(seconds)), 25)


if __name__ == "__main__":
    unittest.main()
