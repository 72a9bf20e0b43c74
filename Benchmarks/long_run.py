"""The pieces of a long failover benchmark, and the one report that they make.

    long_run.py check PIECE.json ENGINE        whether a piece has figures of the engine
    long_run.py report FOLDER REPORT.json      from FOLDER/ENGINE/FIRST-LAST.json
"""

import json
import sys
from pathlib import Path

from failover import aims
from outages import spread_of

SUMS = ("acknowledged", "lost_acknowledged", "writers_saw_errors")


def main():
    match sys.argv[1:]:
        case ["check", piece, engine]:
            if reason := why_no_piece(json.loads(Path(piece).read_text()), engine):
                sys.exit(reason)
        case ["report", folder, report]:
            document = merged(pieces(Path(folder)), commits(Path(folder)))
            target = Path(report)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(document, indent=2) + "\n")
            print("\n".join(lines(document)))
        case _:
            sys.exit(__doc__)


def pieces(folder):
    """{engine: its pieces, in their order}"""
    found = {}
    for path in sorted(folder.glob("*/*-*.json"), key=lambda path: (path.parent.name, int(path.name.split("-")[0]))):
        found.setdefault(path.parent.name, []).append(json.loads(path.read_text()))
    return found


def commits(folder):
    file = folder / "commits"
    return sorted(set(file.read_text().split())) if file.exists() else []


def why_no_piece(document, engine):
    detail = document.get("failover_detail", {})
    if "skipped" in detail:
        return detail["skipped"]
    return None if engine in detail else f"there is no build of {engine}; scripts/setup --tests makes or fetches it"


def merged(pieces, commits):
    return {
        "machine": next((of[0]["machine"] for of in pieces.values()), None),
        "commits": commits,
        "engines": {type: of_engine(type, [piece["failover_detail"][type] for piece in of]) for type, of in pieces.items()},
    }


def of_engine(type, pieces):
    faults = list(dict.fromkeys(fault for piece in pieces for fault in piece["faults"]))
    told = {"pieces": len(pieces), "faults": faults}
    told |= {name: pieces[0][name] for name in ("writers", "instances", "writer_pause_ms")}
    told |= {fault: of_fault(type, fault, [piece for piece in pieces if fault in piece]) for fault in faults}
    return told | {name: sum(piece[name] for piece in pieces) for name in SUMS}


def of_fault(type, fault, pieces):
    found = [piece[fault] for piece in pieces]
    values = [value for figures in found for value in figures["all"]]
    # A stop that Roost did not act on by itself is `stop_asked`, with the aim of a stop.
    told = spread_of(values, aims(type)[fault.removesuffix("_asked")])
    held = "rounds_whole_only_without_writers"
    told |= {"lost": sum(piece["lost_after"][fault] for piece in pieces), held: sum(figures[held] for figures in found)}
    notes = sorted({figures["note"] for figures in found if "note" in figures})
    return told | ({"notes": notes} if notes else {}) | {"all": values}


def lines(document):
    for type, of in document["engines"].items():
        for fault in of["faults"]:
            figures = of[fault]
            yield (
                f"{type} {fault}: {figures['rounds']} rounds, p50 {figures['p50']} ms, p99 {figures['p99']} ms, "
                f"max {figures['max']} ms, {figures['lost']} of {of['acknowledged']} rows lost")


if __name__ == "__main__":
    main()
