"""flock: the taker is gone, but a daemon that it had started has inherited the descriptor and so holds the lock."""
import fcntl
import os
import subprocess
import time
from case import say

taker = os.fork()
if taker == 0:
    fd = os.open("run.lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    os.set_inheritable(fd, True)
    daemon = subprocess.Popen(["sleep", "300"], close_fds=False, start_new_session=True)
    say("process", daemon.pid)
    os._exit(0)
os.waitpid(taker, 0)
fd = os.open("run.lock", os.O_RDWR)
say("path", os.path.realpath("run.lock"))
say("ready")
fcntl.flock(fd, fcntl.LOCK_EX)
