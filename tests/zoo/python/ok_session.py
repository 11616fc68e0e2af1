"""Idle: relays between a connection and a shell on a terminal, as a remote login does; nobody types."""
import os
import pty
import select
import socket
from case import say

server = socket.create_server(("127.0.0.1", 0))
address = server.getsockname()
if os.fork() == 0:
    client = socket.create_connection(address)
    os.setsid()
    while client.recv(100):
        pass
    os._exit(0)
link, _ = server.accept()
server.close()
shell, master = pty.fork()
if shell == 0:
    os.execvp("bash", ["bash", "--norc", "--noprofile"])
say("process", shell)
say("ready")
while True:
    for fd in select.select([link, master], [], [])[0]:
        if fd == master:
            link.sendall(os.read(master, 4096))
        else:
            os.write(master, link.recv(4096))
