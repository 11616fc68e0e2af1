"""Healthy: a silent search in pure Python."""
import os
from case import say


def place(n, row=0, columns=0, left=0, right=0):
    if row == n:
        return 1
    found = 0
    free = ~(columns | left | right) & ((1 << n) - 1)
    while free:
        bit = free & -free
        free ^= bit
        found += place(n, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1)
    return found


say("process", os.getpid())
say("ready")
place(15)
