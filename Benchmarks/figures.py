"""How often something is measured, and what is told of the values."""

import math
import os
import statistics

# A quick look at whether everything works takes fewer.
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 20))


def percentile(values, share):
    """The nearest rank: a value that was measured, also where there are few."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


def spread(values, digits=2):
    return {
        "p50": round(statistics.median(values), digits), "p95": round(percentile(values, 0.95), digits),
        "count": len(values), "all": [round(value, digits) for value in values],
    }


def against(value, aim):
    """A figure's aim beside it, and whether it is met."""
    return {"aim": aim, "met": value <= aim}
