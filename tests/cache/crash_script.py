"""Stores in processes that are killed at a point, or that meet at one; prints how each ended."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from stackkit.cache import Shelf, on_fault_point
from stackkit.cache.faults import FIT_POINTS
from stackkit.cache.partial import PartialFits
from stackkit.errors import CacheError
from stackkit.predictions import Predictions

DIFFERENT = 3


def record(key, value=1.0):
    oof = np.full((4, 1), value, dtype=np.float32)
    return Predictions("toy", key, oof, oof[:2], "y", "value")


def forked(work):
    """The child that runs `work`."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except CacheError:
            os._exit(DIFFERENT)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return pid


def ended(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def dies(folder, key, point):
    on_fault_point(lambda here: os.kill(os.getpid(), signal.SIGKILL) if here == point else None)
    if point in FIT_POINTS:
        PartialFits(folder / "fits", key).save("r0f0", {"oof": np.zeros((2, 1))}, {})
    else:
        Shelf(folder).store(record(key))


def meets(folder, key, me, value):
    """Store, and wait before the rename until the other process is there too."""
    folder.mkdir(parents=True, exist_ok=True)

    def wait(here):
        if here == "synced":
            (folder / f"here-{me}").touch()
            while len(list(folder.glob("here-*"))) < 2:
                time.sleep(0.001)

    on_fault_point(wait)
    Shelf(folder).store(record(key, value))


def main(root, key, points):
    status = {p: ended(forked(lambda p=p: dies(root / p, key, p))) for p in points}
    for name, other in (("race", 1.0), ("quarrel", 2.0)):
        both = [
            forked(lambda n=name, me=me, v=v: meets(root / n, key, me, v))
            for me, v in enumerate((1.0, other))
        ]
        status[name] = [ended(pid) for pid in both]
    print(json.dumps(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))
