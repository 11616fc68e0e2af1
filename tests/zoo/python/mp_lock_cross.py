"""Two processes take two multiprocessing locks in opposite order."""
import multiprocessing
import os
import time
from case import say


def transfer(first, second):
    say("process", os.getpid())
    with first:
        time.sleep(0.5)
        with second:
            print("moved")


if __name__ == "__main__":
    left, right = multiprocessing.Lock(), multiprocessing.Lock()
    both = [multiprocessing.Process(target=transfer, args=pair) for pair in ((left, right), (right, left))]
    for one in both:
        one.start()
    time.sleep(0.9)
    say("ready")
    for one in both:
        one.join()
