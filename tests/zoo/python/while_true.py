"""Parses a header that has no end: the position never moves."""
import os
from case import say

text, at = "key: value", 0
say("process", os.getpid())
say("ready")
while at < len(text):
    end = text.find("\n", at)
    if end < 0:
        continue
    at = end + 1
