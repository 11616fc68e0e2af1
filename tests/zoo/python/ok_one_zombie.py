"""Healthy: a helper has ended and nobody has asked for its result yet; the work goes on."""
import subprocess
from case import say

helper = subprocess.Popen(["true"])
say("ready")
words = {}
n = 0
while True:
    n += 1
    words[n % 50000] = str(n * 31 % 1009)
    if n % 500000 == 0:
        print(len("".join(words.values())), flush=True)
