"""The workers of a Ray cluster on this machine, and one who kills them."""

import os
import threading
import time
from collections.abc import Callable

import psutil


class Killer(threading.Thread):
    """Kills a worker once what `count` counts has begun to grow; `killed_at` is that count."""

    def __init__(self, count: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self._count = count
        self.killed_at = 0
        self.start()

    def run(self) -> None:
        while self._count() == 0:
            time.sleep(0.005)
        os.kill(_workers()[0].pid, 9)
        self.killed_at = self._count()


def _workers() -> list[psutil.Process]:
    """Those of our processes that encode or write."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if any("ray::_Worker" in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found
