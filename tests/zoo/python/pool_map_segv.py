"""Pool.map: one worker dereferences a null pointer, and map waits for its piece for ever."""
import ctypes
import multiprocessing
import os
import time
from case import say


def work(n):
    time.sleep(0.05)
    if n == 7:
        say("process", os.getpid())
        say("ready")
        time.sleep(0.2)
        ctypes.string_at(0)
    return n * n


if __name__ == "__main__":
    say("process", os.getpid())
    with multiprocessing.Pool(3) as pool:
        print(pool.map(work, range(30), chunksize=1))
