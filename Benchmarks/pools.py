"""A clone that waits in a pool: the answer to who asks for it, and its first query, beside connecting to a bare server."""

import time
from urllib.parse import urlsplit

from engines import ENGINES, answer_ms
from figures import ROUNDS, against, spread
from pooled import Pooled, bare_address
from roost import say
from templates import add_small

WAITING = 5
AIM_ANSWER_MS, AIM_SLACK_MS = 10, 10
MEMORY = "192M"


def measure():
    say(f"pools: {ROUNDS} clones out of a pool of {WAITING}, each beside a connection to a bare server")
    engine = next(engine for engine in ENGINES if engine.type == "mariadb")
    with Pooled(4) as roost:
        template = add_small(roost, engine, "--pool", str(WAITING), "--memory", MEMORY)
        noted = roost.clone(template)
        server = roost.bare_server(noted, template)
        roost.remove_clone(noted)
        answers, first, bare = [], [], []

        def rounds(process):
            engine.first_answer(bare_address(noted, server), is_bare=True)
            for _ in range(ROUNDS):
                answered, queried, connected = one_round(roost, engine, template, bare_address(noted, server))
                answers.append(answered)
                first.append(queried)
                bare.append(connected)

        server.run(rounds)
    answer, query, connect = spread(answers), spread(first), spread(bare)
    return {
        "clone_pool_ms": {
            "answer": answer | against(answer["p95"], AIM_ANSWER_MS),
            "first_query": query | against(query["p95"], round(connect["p95"] + AIM_SLACK_MS, 2)),
            "bare_connect_and_query": connect,
            "pool": WAITING,
        }
    }


def one_round(roost, engine, template, bare):
    """Milliseconds of the answer, of the first query, and of one to the bare server."""
    roost.wait_for("the pool is full", lambda: roost.template(template)["pool_ready"] == WAITING)
    time.sleep(0.3)  # What the last of them left to do is done.
    start = time.perf_counter()
    clone = roost.clone(template)
    answered = (time.perf_counter() - start) * 1000
    queried = answer_ms(engine, urlsplit(clone["url"]))
    connected = answer_ms(engine, bare)
    roost.remove_clone(clone)
    return answered, queried, connected
