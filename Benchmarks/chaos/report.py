"""The report of a run: one JSON document."""

import statistics

from figures import percentile

from chaos.plan import FAULTS


def figures(milliseconds):
    """None for what nothing was measured of."""
    if not milliseconds:
        return {"p50": None, "p99": None, "max": None}
    return {
        "p50": round(statistics.median(milliseconds), 1), "p99": round(percentile(milliseconds, 0.99), 1),
        "max": round(max(milliseconds), 1),
    }


def by_fault(rounds):
    """For each fault that came: how often, and the outages of writers and reader."""
    found = {}
    for fault in FAULTS:
        of = [round for round in rounds if round["fault"] == fault]
        if not of:
            continue
        found[fault] = {
            "what": FAULTS[fault], "rounds": len(of),
            "outage_ms": figures(measured(of, "outage_ms")),
            "read_outage_ms": figures(measured(of, "read_outage_ms")),
            "whole_again_seconds": figures(measured(of, "whole_seconds")),
            "whole_only_without_writers": sum(round["is_held"] for round in of),
            "noted": sum(round["note"] is not None for round in of),
        }
    return found


def measured(rounds, key):
    return [round[key] for round in rounds if round[key] is not None]


def document(run):
    """`run`: engine, seed, minutes and so on, with `rounds` and `rows`."""
    head = {key: value for key, value in run.items() if key != "rounds"}
    return head | {"faults": by_fault(run["rounds"]), "rounds": run["rounds"]}


def summary(report):
    """A few lines for people."""
    rows = report["rows"]
    yield (
        f"{report['engine']}: {report['result']}, {len(report['rounds'])} rounds, seed {report['seed']}, "
        f"{rows['acknowledged']} rows acknowledged, {rows['lost']} lost (at most {rows['may_be_lost']} may be)"
    )
    for fault, of in report["faults"].items():
        outage = of["outage_ms"]
        values = "  ".join(f"{name} {shown(outage[name])}" for name in ("p50", "p99", "max"))
        yield f"  {fault:15} {of['rounds']:4}  {values} ms"


def shown(value):
    return f"{'-' if value is None else value:>9}"
