"""queue.join() waits for a task_done() that an exception skipped; the workers wait for more work."""
import os
import queue
import threading
import time
from case import say

jobs = queue.Queue()


def work():
    while True:
        n = jobs.get()
        try:
            if n == 3:
                raise ValueError(n)
            jobs.task_done()
        except ValueError:
            pass


for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
for n in range(10):
    jobs.put(n)
time.sleep(0.3)
say("process", os.getpid())
say("ready")
jobs.join()
