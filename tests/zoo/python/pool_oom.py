"""A pool in a control group of 96 MB: the worker with the large input is killed by the kernel."""
import multiprocessing
import os
import time
from case import say


def load(n):
    held = []
    if n == 3:
        say("process", os.getpid())
        say("ready")
        time.sleep(0.3)
    for _ in range(400 if n == 3 else 2):
        held.append(b"x" * (1 << 20))
        time.sleep(0.002)
    return len(held)


if __name__ == "__main__":
    say("process", os.getpid())
    with multiprocessing.Pool(2) as pool:
        print(list(pool.imap_unordered(load, range(8))))
