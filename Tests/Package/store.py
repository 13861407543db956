"""A store of objects: takes PUT of block blobs whose query has the signature in `signature`, and keeps them in `objects`. Prints
its port. What came of a body that ended before its length is not kept."""

import http.server
import os
import sys
import urllib.parse

ROOT = sys.argv[1]


class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self):
        self.answer(403)

    def do_PUT(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) != int(self.headers["Content-Length"]):
            return
        with open(os.path.join(ROOT, "log"), "a") as log:
            log.write(f"{self.headers.get('x-ms-blob-type')} {self.headers.get('Content-Type')} {path}\n")
        if query != open(os.path.join(ROOT, "signature")).read() or self.headers.get("x-ms-blob-type") != "BlockBlob":
            return self.answer(403)
        name = urllib.parse.unquote(path).removeprefix("/container/")
        target = os.path.join(ROOT, "objects", name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(body)
        self.answer(201)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
print(server.server_address[1], flush=True)
server.serve_forever()
