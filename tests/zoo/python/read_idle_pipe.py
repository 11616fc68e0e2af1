"""input() on a pipe whose writer is alive and says nothing."""
import os
from case import say

say("process", os.getpid())
say("ready")
print("continue? ", end="", flush=True)
input()
