"""Asks a name server of its own over UDP and waits for the datagram without a time limit."""
import os
import socket
import time
from case import say

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
address = server.getsockname()
peer = os.fork()
if peer == 0:
    server.recv(512)
    time.sleep(300)
server.close()
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect(address)
client.send(b"who is it?")
say("process", peer)
say("path", "%s:%d" % address)
say("ready")
client.recv(512)
