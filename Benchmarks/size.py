"""Whether a clone's time depends on how large the template is."""

import statistics
import time
from urllib.parse import urlsplit

from engines import ENGINES
from figures import ROUNDS, against
from pooled import Pooled, settle, too_little_disk
from roost import say

AIM = 1.2
POOL_GIB = 12  # The large one stands twice while it is sealed.
ROW = 3700  # Four in a page of InnoDB's.
# Rows of the table that a template's own is filled from, and how often it is taken.
SIZES = {"small": (24_000, 1), "large": (32_000, 31)}


def measure():
    if reason := too_little_disk(POOL_GIB):
        say(f"size: skipped: {reason}")
        return {"clone_size_ratio": None, "clone_size_detail": {"skipped": reason}}
    engine = next(engine for engine in ENGINES if engine.type == "mariadb")
    with Pooled(POOL_GIB) as roost:
        infos = {}
        for name, (rows, times) in SIZES.items():
            say(f"size: a template of {rows * times * ROW / 1e9:.1f} GB")
            dump = roost.folder / f"{name}.sql"
            dump.write_text(statements(rows, times))
            roost.add_template(name, "--dump", str(dump), "--type", engine.type)
            infos[name] = roost.template(name)
        say(f"size: {ROUNDS} rounds of a clone of each, interleaved")
        cloned = {name: [] for name in SIZES}
        for number in range(ROUNDS + 1):
            for name in SIZES:
                took = clone_ms(roost, engine, name)
                if number > 0:  # the first round warms the page cache for both
                    cloned[name].append(took)
    median = {name: statistics.median(values) for name, values in cloned.items()}
    ratio = round(median["large"] / median["small"], 3)
    return {
        "clone_size_ratio": ratio,
        "clone_size_detail": against(ratio, AIM) | {
            "rounds": ROUNDS,
            "template_bytes": {name: info["size_bytes"] for name, info in infos.items()},
            "build_seconds": {name: round(info["build_seconds"], 1) for name, info in infos.items()},
            "clone_to_first_query_ms": {name: round(value, 1) for name, value in median.items()},
            "all_ms": {name: [round(value, 1) for value in values] for name, values in cloned.items()},
        },
    }


def statements(rows, times):
    """A short dump of much that does not compress: the server makes it itself."""
    blob = f"concat({', '.join(['random_bytes(925)'] * (ROW // 925))})"
    table = f"(id int unsigned auto_increment primary key, body varbinary({ROW}) not null)"
    fill = "insert into blobs (body) select body from seed;\n"
    return (
        f"create table seed {table};\ninsert into seed (body) select {blob} from seq_1_to_{rows};\n"
        f"create table blobs {table};\n{fill * times}drop table seed;\n")


def clone_ms(roost, engine, template):
    settle()
    start = time.perf_counter()
    clone = roost.clone(template)
    engine.first_answer(urlsplit(clone["url"]))
    took = (time.perf_counter() - start) * 1000
    roost.remove_clone(clone)
    return took
