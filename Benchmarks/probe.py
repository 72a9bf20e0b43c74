"""One more writer beside a load, who notes how long each of its commits took: what a pause is to those that it holds up,
whatever holds them up.
"""

import threading
import time

from figures import spread


class Probe:
    """`connect` gives a function that updates one row and returns once that is committed."""

    def __init__(self, connect):
        self.connect = connect
        self.commits = []  # (start, end)
        self.failure = None
        self.must_end = threading.Event()
        self.thread = threading.Thread(target=self.write, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.must_end.set()
        self.thread.join(60)
        if self.failure is not None and error is None:
            raise RuntimeError("a writer saw an error") from self.failure

    def write(self):
        try:
            update = self.connect()
            while not self.must_end.is_set():
                start = time.monotonic()
                update()
                self.commits.append((start, time.monotonic()))
        except Exception as error:
            self.failure = error

    def longest_ms(self, windows):
        """Of each window the longest commit that had to do with it. Asked once all have ended."""
        return spread([1000 * max(self.lengths(*window), default=0) for window in windows], 1)

    def lengths(self, start, end):
        return [until - since for since, until in list(self.commits) if until > start and since < end]
