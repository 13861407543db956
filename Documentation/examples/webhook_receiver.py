#!/usr/bin/env python3
"""Receives Keyway's messages: checks the signature, takes each delivery once, prints what happened.

KEYWAY_WEBHOOK_KEY is the secret in base64, as 'keyway secret set' was given it. Nothing but Python's library is needed.
"""
import base64
import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = base64.b64decode(os.environ["KEYWAY_WEBHOOK_KEY"])
ACCOUNT = os.environ.get("KEYWAY_WEBHOOK_ACCOUNT", "keyway")
LIMIT = 1 << 20
seen = set()  # Of a real receiver: in its database, in the transaction that handles the message.


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        if not 0 < size <= LIMIT:
            return self.answer(413)
        body = self.rfile.read(size)
        # Over the bytes as they came, before anything reads them; compared in constant time.
        expected = "sha256=" + hmac.new(KEY, body, hashlib.sha256).hexdigest().upper()
        if not hmac.compare_digest(expected, self.headers.get("ms-signature", "")):
            return self.answer(401)
        message = json.loads(body)
        properties = message["Properties"]
        if properties["AccountId"] != ACCOUNT or self.headers.get("ms-mediaservices-accountid") != ACCOUNT:
            return self.answer(403)
        # A message may come twice: its answer may have been lost. Its id is the same then.
        delivery = self.headers["keyway-delivery"]
        if delivery not in seen:
            seen.add(delivery)
            print(delivery, json.dumps(properties, sort_keys=True), flush=True)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Receiver)
    print("listening", server.server_address[1], flush=True)
    server.serve_forever()
