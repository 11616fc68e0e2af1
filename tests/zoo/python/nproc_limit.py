"""A plain user at his limit of processes: no thread can be started, and the program tries again."""
import os
import resource
import threading
import time
from case import say

if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(61234)
    os.setuid(61234)
say("process", os.getpid())
resource.setrlimit(resource.RLIMIT_NPROC, (5, 5))
crew, said = [], False
while len(crew) < 16:
    try:
        crew.append(threading.Thread(target=time.sleep, args=(300,)))
        crew[-1].start()
    except RuntimeError:
        crew.pop()
        if not said:
            said = not say("ready")
        time.sleep(0.2)
