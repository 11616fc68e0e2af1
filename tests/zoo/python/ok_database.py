"""Healthy: a client asks a database-like server, waits a moment for each answer, and goes on."""
import os
import socket
import time
from case import say

server = socket.create_server(("127.0.0.1", 0))
address = server.getsockname()
if os.fork() == 0:
    one, _ = server.accept()
    while one.recv(100):
        time.sleep(0.4)
        one.sendall(b"row " * 10)
    os._exit(0)
server.close()
client = socket.create_connection(address)
say("ready")
while True:
    client.sendall(b"select")
    client.recv(4096)
    sum(range(100000))
