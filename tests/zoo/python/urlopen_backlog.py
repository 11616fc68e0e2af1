"""urlopen without a time limit, to a server whose queue of connections is full."""
import os
import socket
import time
import urllib.request
from case import say

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(0)
host, port = server.getsockname()
if os.fork() == 0:
    time.sleep(300)
server.close()
queue = []
for _ in range(6):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex((host, port))
    queue.append(one)
time.sleep(0.3)
say("process", os.getpid())
say("path", f"{host}:{port}")
say("ready")
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{host}:{port}/")
