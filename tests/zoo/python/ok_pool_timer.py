"""Sleeping: a pool without tasks whose parent sleeps until the next round."""
import multiprocessing
import time
from case import say

if __name__ == "__main__":
    with multiprocessing.Pool(3) as pool:
        pool.map(abs, range(9))
        say("ready")
        while True:
            time.sleep(60)
            pool.map(abs, range(9))
