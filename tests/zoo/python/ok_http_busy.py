"""Healthy: an HTTP server and a client that calls it without pause."""
import http.server
import os
import urllib.request
from case import say


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"%d" % sum(n * n for n in range(3000))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
url = "http://127.0.0.1:%d/" % server.server_port
if os.fork() == 0:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        opener.open(url).read()
say("ready")
server.serve_forever()
