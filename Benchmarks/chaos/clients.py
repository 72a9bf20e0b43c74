"""Writers at the service's endpoint and a reader at its read endpoint, in a process of their own.

Run as a program (`python -m chaos.clients`), it reads one JSON document a line: first what to do, then "news" for what
happened since the last time, "hold" and "continue" for the writers. It ends with its standard input.
"""

import json
import os
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

from ledger import CLIENTS, RETRY_SECONDS, TIMEOUT_SECONDS, Writer, dropped

READ_BACK_EVERY = 20
READ_PAUSE_SECONDS = 0.02
# A connection leads to one replica for as long as it lives.
READS_PER_CONNECTION = 50
LANDMARK = 1


class ReadingBack:
    """A client that now and then looks, before its next write, whether the session sees its last one."""

    def __init__(self, client, unread):
        self.client, self.unread, self.last = client, unread, None

    def write(self, writer, number):
        if self.last is not None and self.last % READ_BACK_EVERY == 0:
            if self.client.count(writer, self.last, self.last) != 1:
                self.unread.append(self.last)
            self.last = None
        self.client.write(writer, number)
        self.last = number

    def close(self):
        self.client.close()


class NumberedWriter(Writer):
    """A writer of whom each acknowledged row is known with its time."""

    def __init__(self, type, url, index, pause):
        super().__init__(type, url, index, pause)
        self.unread, self.fresh, self.lock = [], [], threading.Lock()
        self.connect = lambda address: ReadingBack(CLIENTS[type](address), self.unread)

    def note(self, opened, start, end):
        with self.lock:
            self.fresh.append((self.acknowledged[-1][1], end))

    def news(self):
        with self.lock:
            fresh, self.fresh = self.fresh, []
        return {
            "rows": fresh, "unread": list(self.unread), "errors": self.errors, "last_error": self.last_error,
        }


class Reader:
    """Asks again and again for a row that was written before the first fault."""

    def __init__(self, type, url, index):
        self.connect, self.address, self.index = CLIENTS[type], urlsplit(url), index
        self.fresh, self.lock = [], threading.Lock()
        self.errors, self.last_error, self.forgotten = 0, None, 0
        self.must_end = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.must_end.is_set():
            client = None
            try:
                client = self.connect(self.address)
                for _ in range(READS_PER_CONNECTION):
                    if client.count(self.index, LANDMARK, LANDMARK) != 1:
                        self.forgotten += 1
                    with self.lock:
                        self.fresh.append(time.monotonic())
                    time.sleep(READ_PAUSE_SECONDS)
            except Exception as error:  # each driver has its own kinds
                self.errors, self.last_error = self.errors + 1, f"{type(error).__name__}: {error}"
                time.sleep(RETRY_SECONDS)
            finally:
                dropped(client)

    def news(self):
        with self.lock:
            fresh, self.fresh = self.fresh, []
        return {
            "times": fresh, "forgotten": self.forgotten, "errors": self.errors, "last_error": self.last_error,
        }


class Clients:
    """That process, and what it has told so far."""

    def __init__(self, type, url, read_url, writers, pause_seconds):
        self.order = {
            "type": type, "url": url, "read_url": read_url, "writers": writers, "pause_seconds": pause_seconds,
        }
        self.writers = [Account() for _ in range(writers)]
        self.reads, self.reader = [], {}

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "chaos.clients"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.say(self.order)
        return self

    def __exit__(self, kind, error, trace):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it ended before
        try:
            self.process.wait(3 * TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def say(self, document):
        self.process.stdin.write(json.dumps(document) + "\n")
        self.process.stdin.flush()

    def hear(self):
        """Takes in what happened since the last time."""
        self.say("news")
        if not (line := self.process.stdout.readline()):
            raise RuntimeError("the process of the writers ended")
        news = json.loads(line)
        for account, told in zip(self.writers, news["writers"]):
            account.take(told)
        self.reads += news["reader"].pop("times")
        self.reader = news["reader"]

    def wait_resumed(self, since, seconds):
        """Until every writer has had a row acknowledged after `since`, a moment."""
        deadline = time.monotonic() + seconds
        while True:
            self.hear()
            waiting = [account for account in self.writers if not account.times or account.times[-1] <= since]
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"a writer had no row acknowledged for {seconds} s: {waiting[0].last_error}")
            time.sleep(0.05)

    def hold(self):
        self.say("hold")

    def go_on(self):
        self.say("continue")


class Account:
    """The acknowledged rows of a writer, in their order: number and time of each."""

    def __init__(self):
        self.numbers, self.times = [], []
        self.unread, self.errors, self.last_error = [], 0, None

    def take(self, told):
        for number, time in told["rows"]:
            self.numbers.append(number)
            self.times.append(time)
        self.unread, self.errors, self.last_error = told["unread"], told["errors"], told["last_error"]


def main():
    order = json.loads(sys.stdin.readline())
    writers = [
        NumberedWriter(order["type"], order["url"], index, order["pause_seconds"]) for index in range(order["writers"])
    ]
    reader = Reader(order["type"], order["read_url"], order["writers"])
    for client in writers + [reader]:
        client.thread.start()
    for line in sys.stdin:
        match json.loads(line):
            case "news":
                document = {"writers": [writer.news() for writer in writers], "reader": reader.news()}
                print(json.dumps(document), flush=True)
            case "hold":
                for writer in writers:
                    writer.may_write.clear()
            case "continue":
                for writer in writers:
                    writer.may_write.set()
    for client in writers + [reader]:
        client.must_end.set()
    deadline = time.monotonic() + TIMEOUT_SECONDS
    for client in writers + [reader]:
        client.thread.join(max(0, deadline - time.monotonic()))
    # A thread that a driver holds does not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
