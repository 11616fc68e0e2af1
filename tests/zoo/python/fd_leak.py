"""Forgets to close its files: at the limit every open fails, and it tries again after a nap."""
import os
import resource
import time
from case import say

resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80))
held = []
say("process", os.getpid())
said = False
while True:
    try:
        held.append(os.open("/proc/self/stat", os.O_RDONLY))
    except OSError:
        if not said:
            os.close(held.pop())
            said = not say("ready")
        time.sleep(0.2)
