"""Healthy: a pool whose workers end after four tasks each, and are replaced, as they should be."""
import multiprocessing
import time
from case import say


def task(n):
    total = sum(k % 11 for k in range(300000))
    time.sleep(0.02)
    return total + n


if __name__ == "__main__":
    with multiprocessing.Pool(3, maxtasksperchild=4) as pool:
        say("ready")
        for n, _ in enumerate(pool.imap(task, range(100000))):
            print(n, flush=True)
