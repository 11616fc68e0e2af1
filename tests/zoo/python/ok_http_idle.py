"""Idle: an HTTP server nobody calls."""
import http.server
from case import say

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
say("ready")
server.serve_forever()
