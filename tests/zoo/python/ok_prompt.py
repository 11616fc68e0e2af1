"""Idle: an interpreter at its prompt; who asks for an answer is the terminal's user, not a job."""
import os
from case import say

say("process", os.getpid())
say("ready")
os.execv(os.environ["CASE_PYTHON"], [os.environ["CASE_PYTHON"], "-q", "-i"])
