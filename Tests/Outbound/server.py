"""A server that misbehaves: what it does is the path that it is asked for.

    server.py STATE

Listens on a free port of 127.0.0.1 and prints it; ends with the process that started it. STATE is a folder: with a
`certificate.pem` and its `certificate.key` it speaks TLS, and `log` gets one line of JSON for each request.

    /plain /chunked   200 with the request's body, or `hello`; without Content-Length the second
    /status/N         N, with a body
    /redirect         307 to /elsewhere
    /size/N           200 with N bytes; /drip-size/N without Content-Length
    /slow /drip       an answer that comes late, and one that never ends
    /drop             no answer
"""

import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATE = sys.argv[1]
LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        entry = {"method": self.command, "path": self.path, "port": self.client_address[1],
                 "headers": {name.lower(): value for name, value in self.headers.items()}}
        with LOCK, open(os.path.join(STATE, "log"), "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        what, _, argument = self.path[1:].partition("/")
        try:
            self.act(what, argument, body or b"hello")
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    do_POST = do_GET

    def act(self, what, argument, body):
        if what == "status":
            self.answer(int(argument), b"an inner secret")
        elif what == "redirect":
            self.send_response(307)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()
        elif what == "size":
            self.answer(200, b"x" * int(argument))
        elif what in ("chunked", "drip-size"):
            self.head(200, None)
            self.chunk(b"x" * int(argument) if argument else body)
            self.chunk(b"")
        elif what == "slow":
            time.sleep(20)
        elif what == "drip":
            self.head(200, None)
            for _ in range(200):
                self.chunk(b"x")
                time.sleep(0.1)
        elif what == "drop":
            self.close_connection = True
            self.connection.close()
        else:
            self.answer(200, body)

    def head(self, status, size):
        self.send_response(status)
        self.send_header("x-list", "a")
        self.send_header("x-list", "b")
        if size is None:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(size))
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def answer(self, status, body):
        self.head(status, len(body))
        self.wfile.write(body)


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if os.path.exists(os.path.join(STATE, "certificate.pem")):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(STATE, "certificate.pem"), os.path.join(STATE, "certificate.key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
