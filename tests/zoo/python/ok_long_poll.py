"""Healthy: a client whose server answers each long poll after a second and a half."""
import os
import socket
import time
from case import say

a, b = socket.socketpair()
if os.fork() == 0:
    a.close()
    while b.recv(10):
        time.sleep(1.5)
        b.sendall(b"event")
    os._exit(0)
b.close()
say("ready")
while True:
    a.sendall(b"next")
    a.recv(100)
