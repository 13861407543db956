"""Stands in for an admin API that knows none of the routes that it is asked for, and writes down which."""

import json
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

log = pathlib.Path(sys.argv[1]) / "log"


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        with log.open("a") as file:
            file.write(f"{self.command} {self.path}\n")
        body = json.dumps({"code": "missing", "detail": "There is nothing here.", "status": 404}).encode()
        self.send_response(404)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = do_PATCH = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
