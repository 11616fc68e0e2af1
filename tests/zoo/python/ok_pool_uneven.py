"""Healthy: a pool at work on tasks of very different size."""
import multiprocessing
import random
from case import say


def task(size):
    return sum(n * n % 7 for n in range(size))


if __name__ == "__main__":
    random.seed(7)
    sizes = [int(10 ** random.uniform(4, 7)) for _ in range(4000)]
    with multiprocessing.Pool(4) as pool:
        say("ready")
        for n, _ in enumerate(pool.imap_unordered(task, sizes)):
            print(n, flush=True)
