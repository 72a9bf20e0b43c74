"""What follows from the times and numbers of acknowledged rows. Values in, values out."""

from bisect import bisect_left
from dataclasses import dataclass

# `min-replicas-max-lag 2` of Redis counts whole seconds: a primary takes writes for less than 3 s after it last
# heard from a replica.
LAG_SECONDS = 3


@dataclass(frozen=True)
class Outage:
    """From the last acknowledgement before to the first after."""

    start: float
    end: float

    @property
    def milliseconds(self):
        return (self.end - self.start) * 1000


def longest_gap(times, since):
    """The longest time between two of the ascending `times` that ended after `since`; None where none did."""
    first = bisect_left(times, since)
    gaps = [Outage(before, after) for before, after in zip(times[max(first - 1, 0):], times[max(first, 1):])]
    return max(gaps, key=lambda gap: gap.milliseconds, default=None)


def worst_outage(all_times, since):
    """Of several clients: the outage of the one that waited longest."""
    gaps = [gap for times in all_times if (gap := longest_gap(times, since))]
    return max(gaps, key=lambda gap: gap.milliseconds, default=None)


def ranges(numbers):
    """Ascending numbers as `[first, last]` of those that follow each other."""
    found = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def missing_numbers(count, first, last):
    """Which of a range are not there. `count(first, last)` tells how many of a range are."""
    present = count(first, last)
    if present == last - first + 1:
        return []
    if present == 0:
        return list(range(first, last + 1))
    middle = (first + last) // 2
    return missing_numbers(count, first, middle) + missing_numbers(count, middle + 1, last)


@dataclass(frozen=True)
class AcceptedLoss:
    """The replacement of a primary that acknowledges a row before a replica has it. Rows that it acknowledged in its
    last seconds may be gone."""

    at: float
    until: float

    def covers(self, moment):
        return self.at - LAG_SECONDS <= moment <= self.until


def most_that_may_be_lost(all_times, losses):
    """The bound: how many rows were acknowledged while an accepted loss covers them."""
    return sum(1 for times in all_times for moment in times if any(loss.covers(moment) for loss in losses))
