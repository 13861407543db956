"""Asks for a key again and again, each time with a token of its own, until the time is over or the server is gone.

    load.py URL KID SECONDS THREADS NAME

Prints JSON: the ids of the tokens that were answered with a key, how often each status came, and the headers of one
refusal. A token's id is NAME-thread-number, and the audit log names it.
"""

import base64
import hashlib
import hmac
import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit

SECRET = bytes([0x5A]) * 32


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(name):
    head = encode(b'{"alg":"HS256","typ":"JWT"}')
    claims = {"iss": "i", "aud": "a", "exp": int(time.time()) + 3600, "jti": name, "sub": "load"}
    body = head + b"." + encode(json.dumps(claims).encode())
    return (body + b"." + encode(hmac.new(SECRET, body, hashlib.sha256).digest())).decode()


def main(url, kid, seconds, threads, name):
    address = urlsplit(url)
    end = time.monotonic() + float(seconds)
    lock = threading.Lock()
    granted, statuses, refusal = [], {}, {}

    def ask(thread):
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
        number = 0
        # At least one answer, however busy the machine is.
        while number == 0 or time.monotonic() < end:
            identity = f"{name}-{thread}-{number}"
            number += 1
            try:
                connection.request("GET", f"/keys/aes?kid={kid}", headers={"Authorization": f"Bearer {token(identity)}"})
                answer = connection.getresponse()
                body = answer.read()
            except OSError:
                return
            except http.client.HTTPException:
                return
            with lock:
                statuses[answer.status] = statuses.get(answer.status, 0) + 1
                if answer.status == 200 and len(body) == 16:
                    granted.append(identity)
                else:
                    refusal.update({key.lower(): value for key, value in answer.getheaders()})
            if answer.status != 200:
                time.sleep(0.01)

    workers = [threading.Thread(target=ask, args=(number,)) for number in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps({"granted": granted, "statuses": statuses, "refusal": refusal}))


if __name__ == "__main__":
    main(*sys.argv[1:])
