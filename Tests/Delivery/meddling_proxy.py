"""Stands between a client and a server, and meddles with what its rules are about.

The folder's file "server" has the server's address, "rules" a list of objects: "method", "times", if it likes "header" (one that
the request has) and "size" (a body's, at least); and then "answer" (a status and headers, instead of the server's), or "drop"
(the server gets the request, the client no answer).
"""

import http.client
import json
import pathlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder = pathlib.Path(sys.argv[1])
lock = threading.Lock()


def rule_for(request, size):
    with lock:
        path = folder / "rules"
        rules = json.loads(path.read_text()) if path.exists() else []
        for rule in rules:
            if (
                rule["times"] > 0
                and rule["method"] == request.command
                and rule.get("header", "Host") in request.headers
                and rule.get("path", "/") in request.path
                and size >= rule.get("size", 0)
            ):
                rule["times"] -= 1
                path.write_text(json.dumps(rules))
                with (folder / "log").open("a") as file:
                    file.write(f"{request.command} {request.path}\n")
                return rule
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        rule = rule_for(self, len(body))
        if rule and "answer" in rule:
            status, headers = rule["answer"]
            headers, content = list(headers.items()), b""
        else:
            host, port = (folder / "server").read_text().strip().removeprefix("http://").split(":")
            connection = http.client.HTTPConnection(host, int(port))
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            status, headers, content = answer.status, answer.getheaders(), answer.read()
            connection.close()
        if rule and "drop" in rule:
            self.close_connection = True
            return
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_HEAD = do_PATCH = do_DELETE = forward

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
