"""Healthy: memory rises with each batch and falls after it."""
import time
from case import say

say("ready")
while True:
    batch = []
    for _ in range(20):
        batch.append(bytearray(3 << 20))
        sum(range(200000))
    print(len(batch), flush=True)
    del batch
