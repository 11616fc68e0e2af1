"""Healthy: a pool of eight threads has nothing to do while the main thread computes."""
import concurrent.futures
from case import say

pool = concurrent.futures.ThreadPoolExecutor(8)
for ticket in [pool.submit(sum, range(100000)) for _ in range(32)]:
    ticket.result()
say("ready")
primes = []
n = 2
while True:
    if all(n % p for p in primes[:2000]):
        primes.append(n) if len(primes) < 5000 else None
    n += 1
