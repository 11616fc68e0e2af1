"""Healthy: its control group is full of page cache that it does not need again."""
from case import say

with open("written", "wb") as f:
    for n in range(100):
        f.write(bytes([n]) * (1 << 20))
say("ready")
rows = list(range(200000))
while True:
    rows.sort(key=lambda n: n * 7919 % 100003)
    print(sum(rows[:100]), flush=True)
