"""The arguments of a run. Run as a program, it only checks them, with the standard library alone."""

import argparse
from pathlib import Path

from engines import ENGINES

from chaos import plan


def parsed(words=None):
    parser = argparse.ArgumentParser(prog="scripts/chaos", description="Faults on a service of three instances.")
    parser.add_argument("--engine", required=True, choices=[engine.type for engine in ENGINES])
    parser.add_argument("--minutes", type=minutes, default=10)
    parser.add_argument(
        "--faults", type=faults, default=list(plan.FAULTS), help=f"of {','.join(plan.FAULTS)}; all by default")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument(
        "--report", type=Path, default=None, help=".build/chaos/ENGINE.json by default; the picture stands beside it")
    return parser.parse_args(words)


def minutes(text):
    try:
        if 0 < float(text) <= 24 * 60:
            return float(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"'{text}' is not a number of minutes above 0 and up to 1440")


def faults(text):
    try:
        return plan.parsed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    parsed()
